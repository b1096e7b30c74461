import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { capture } from '../transfer/exchanges.js';
import type { Outcome } from './scaletap.js';
import { capturePath, folder, scaletap } from './scaletap.js';

let dataDir: string;

beforeEach(() => {
  dataDir = join(folder(), 'made', 'by', 'import');
});

function take(...files: string[]): Promise<Outcome> {
  return scaletap('import', '--data-dir', dataDir, ...files);
}

async function shown(...args: string[]): Promise<string> {
  return (await scaletap(...args, '--data-dir', dataDir)).stdout;
}

describe('dumps', () => {
  const captures = ['ws30-update.http', 'ws30-update2.http', 'ws30-association.http'].map(capturePath);

  test('bring exchanges and readings, once', async () => {
    const first = await take(...captures);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout.split('\n').map((line) => line.replace(/^.*\//, ''))).toEqual([
      'ws30-update.http: 4 exchanges, 4 new, 3 new readings',
      'ws30-update2.http: 4 exchanges, 4 new, 3 new readings',
      'ws30-association.http: 5 exchanges, 5 new, 3 new readings',
      '',
    ]);
    const [readings, list] = [await shown('readings'), await shown('exchanges')];
    const second = await take(...captures, ...captures);
    expect(second.stdout).not.toMatch(/[1-9]\d* new/);
    expect(await shown('readings')).toBe(readings);
    expect(await shown('exchanges')).toBe(list);
  });

  test('keep two equal posts of one second as two', async () => {
    const file = join(folder(), 'twice.http');
    const date = 'Date: Wed, 20 Mar 2013 03:26:37 GMT';
    const once = `POST /cgi-bin/once HTTP/1.1\r\nHost: scalews.withings.net\r\nContent-Length: 10\r\n\r\naction=getHTTP/1.1 200 OK\r\n${date}\r\nContent-Length: 0\r\n\r\n`;
    writeFileSync(file, once + once);
    expect((await take(file)).stdout).toContain('2 exchanges, 2 new');
    expect((await take(file)).stdout).toContain('2 exchanges, 0 new');
  });

  test('that break bring what came before, and say where they break', async () => {
    const file = join(folder(), 'half.http');
    writeFileSync(file, capture('ws30-update.http').subarray(0, -3));
    const { code, stdout, stderr } = await take(file);
    expect(stdout).toContain('half.http: 3 exchanges, 3 new, 3 new readings, 1 problem in the file');
    expect(stderr).toMatch(/ warn {2}.*half\.http: ends-early at byte \d+\n$/);
    expect(code).toBe(1);
  });
});

describe('what was exported', () => {
  test.each(['har', 'ndjson'])(
    'as %s comes back into another folder exactly, and twice without doubling',
    async (format) => {
      await take(capturePath('ws30-update2.http'));
      const out = join(folder(), `x.${format}`);
      await scaletap('exchanges', 'export', '--show-secrets', '--out', out, '--data-dir', dataDir);
      const exported = await shown('exchanges', 'export', '--format', 'ndjson', '--show-secrets');
      expect((await take(out)).stdout).toContain('4 exchanges, 0 new, 0 new readings');

      dataDir = folder();
      expect((await take(out)).stdout).toContain('4 exchanges, 4 new, 3 new readings');
      expect((await take(out)).stdout).toContain('4 exchanges, 0 new, 0 new readings');
      expect(await shown('exchanges', 'export', '--format', 'ndjson', '--show-secrets')).toBe(exported);
    },
  );

  test('with covered secrets brings no covered secret in the place of the true one', async () => {
    const { Store } = await import('../../src/store/store.js');
    const { vendorOf } = await import('../../src/vendors/index.js');
    await take(capturePath('ws30-update2.http'));
    const secret = () => {
      const store = new Store(dataDir, vendorOf);
      const text = store.values.get('withings', '00:24:e4:00:00:01', 'secret');
      store.close();
      return text;
    };
    const before = secret();
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    const out = join(folder(), 'masked.har');
    await scaletap('exchanges', 'export', '--out', out, '--data-dir', dataDir);
    expect((await take(out)).stdout).toContain('4 exchanges with covered secrets');
    expect(secret()).toBe(before);
  });
});

test('a HAR of another tool brings the readings in it, once', async () => {
  const header = (name: string, value: string) => ({ name, value });
  const measures = JSON.stringify({ measures: [{ value: 66850, type: 1, unit: -3 }] });
  const entry = {
    startedDateTime: '2026-01-31T07:30:05.000Z',
    time: 10,
    request: {
      method: 'POST',
      url: 'http://scalews.withings.net/cgi-bin/measure',
      httpVersion: 'HTTP/1.1',
      headers: [header('Host', 'scalews.withings.net')],
      postData: {
        mimeType: 'application/x-www-form-urlencoded',
        params: [
          header('action', 'store'),
          header('sessionid', 'x'),
          header('macaddress', '00:24:e4:00:00:01'),
          header('userid', '7'),
          header('meastime', '1769844600'),
          header('devtype', '1'),
          header('attribstatus', '0'),
          header('measures', measures),
        ],
      },
    },
    response: {
      status: 200,
      statusText: 'OK',
      httpVersion: 'HTTP/1.1',
      headers: [header('Content-Encoding', 'gzip')],
      content: { size: 12, mimeType: 'text/plain', text: '{"status":0}' },
    },
    timings: { send: 0, wait: 9, receive: 1 },
  };
  const file = join(folder(), 'proxy.har');
  writeFileSync(file, JSON.stringify({ log: { version: '1.2', entries: [entry, { request: 1 }] } }));
  const { stdout, stderr, code } = await take(file);
  expect(stdout).toContain('1 exchange, 1 new, 1 new reading, 1 problem in the file');
  expect(stderr).toMatch(/bad-entry at byte \d+: response is not an object/);
  expect(code).toBe(1);
  expect(await shown('readings')).toContain('66.85 kg');
  expect((await take(file)).stdout).toContain('1 exchange, 0 new, 0 new readings');
});

test('what cannot be read in an exchange is counted by name', async () => {
  const file = join(folder(), 'odd.http');
  const post = (body: string) =>
    `POST /cgi-bin/session HTTP/1.1\r\nHost: scalews.withings.net\r\nContent-Length: ${body.length}\r\n\r\n${body}HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"status":0}`;
  writeFileSync(file, post('action=dance') + post('action=jump'));
  expect((await take(file)).stdout).toContain('  could not be read: bad-value 2\n');
});

test('one bad file does not keep the others out', async () => {
  const { code, stdout, stderr } = await take('none.http', capturePath('ws30-update.http'), dataDir);
  expect(stderr).toContain('none.http: unreadable at byte 0: ENOENT');
  expect(stderr).toContain('unreadable at byte 0: EISDIR');
  expect(stdout).toContain('4 exchanges, 4 new');
  expect(code).toBe(1);
});

test('many problems are counted, not all told', async () => {
  const file = join(folder(), 'bad.ndjson');
  writeFileSync(file, '{}\n'.repeat(1000));
  const { stdout, stderr } = await take(file);
  expect(stderr.trimEnd().split('\n')).toHaveLength(21);
  expect(stdout).toContain('1000 problems in the file');
});
