import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { capture, exchange, message, post } from '../transfer/exchanges.js';
import { call } from '../vendors/renpho/calls.js';
import { capturePath, commit, folder, scaletap } from './scaletap.js';

const captures = ['ws30-update.http', 'ws30-update2.http', 'ws30-association.http'];

/** What must not be seen in the captures: auth secret, session id of the first, and in hex the secret again. */
const secrets = /0123456789abcdef|30313233343536373839616263646566|6256-51492c6d-5483c37e/;

let dataDir: string;

beforeEach(async () => {
  dataDir = folder();
  await scaletap('import', '--data-dir', dataDir, ...captures.map(capturePath));
});

async function exchanges(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await scaletap('exchanges', ...args, '--data-dir', dataDir);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

test('the captures hold the secrets that these tests look for', () => {
  for (const part of secrets.source.split('|').slice(1)) {
    expect(captures.some((name) => capture(name).includes(part))).toBe(true);
  }
});

describe('list', () => {
  test('has a line for each, the newest last', async () => {
    const lines = (await exchanges('list')).trimEnd().split('\n');
    expect(lines[0]?.split(/ +/)).toEqual([
      'ID',
      'TIME',
      'VENDOR',
      'DEVICE',
      'WHAT',
      'STATUS',
      'BYTES',
      'NOTES',
    ]);
    expect(lines).toHaveLength(14);
    expect(lines[3]).toMatch(
      / 3 {2}2013-03-\d\d \d\d:\d\d:38 [+-]\d\d:\d\d {2}withings {2}00:24:e4:00:00:01 {2}maint +200 +3371$/,
    );
    expect(await exchanges()).toBe(await exchanges('list'));
  });

  test('takes filters', async () => {
    const ids = async (...args: string[]) =>
      [...(await exchanges('list', ...args)).matchAll(/^ *(\d+) /gm)].map(([, id]) => Number(id));
    expect(await ids('--limit', '2')).toEqual([12, 13]);
    expect(await ids('--device', '00:24:E4:00:00:01')).not.toContain(1);
    expect(await ids('--since', '2013-03-20T00:00Z')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await ids('--vendor', 'withings', '--limit', '100')).toHaveLength(13);
    expect(await ids('--since', '1s')).toEqual([]);
  });

  test('tells what nobody could read, without its query', async () => {
    commit(dataDir, [
      exchange({ request: message('GET /a?key=hunter2 HTTP/1.1\r\nHost: x.example\r\n\r\n') }),
      exchange({ request: message('', '\x16\x03'), reason: 'not-http', response: null }),
      exchange({ request: post('/cgi-bin/once', '%zz'), answered: 'refused', reason: 'lookup-failed' }),
    ]);
    const list = await exchanges();
    expect(list).toMatch(/ - +GET \/a +200 /);
    expect(list).toMatch(/ not HTTP +- +2 {2}not-http\n/);
    expect(list).toMatch(/ refused, lookup-failed/);
    expect(list).not.toContain('hunter2');
  });
});

describe('show', () => {
  test('has facts, both messages and what was read, without secrets', async () => {
    const text = await exchanges('show', '3');
    for (const part of [
      'source      ws30-update.http',
      'vendor      withings, maint',
      'POST /cgi-bin/maint HTTP/1.1\nUser-Agent: Withings UserAgent\n',
      'HTTP/1.1 100 Continue',
      'c\n{"status":0}\n0\n',
      'section 1',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toMatch(secrets);
    expect(await exchanges('show', '3', '--show-secrets')).toMatch(secrets);
  });

  test('does not show what could not be read', async () => {
    commit(dataDir, [
      exchange({ request: message('POST /a HTTP/1.1\r\nHost: x.example\r\n\r\n', 'hunter2'.repeat(10)) }),
      exchange({
        request: message(
          'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n',
          '7\r\nhunter2\r\n0\r\n\r\n',
        ),
      }),
    ]);
    expect(await exchanges('show', '14')).toContain(
      '[70 bytes not shown: could not be read; --show-secrets shows them]',
    );
    const chunked = await exchanges('show', '15');
    expect(chunked).toContain('[17 bytes not shown: could not be read; --show-secrets shows them]');
    expect(chunked).not.toContain('hunter2');
    expect(await exchanges('show', '15', '--show-secrets')).toContain('7\nhunter2\n0\n');
  });

  test('escapes what would move the cursor', async () => {
    const request = message(
      'POST /\x1b[2J HTTP/1.1\r\nHost: x.example\r\n\r\n',
      'a\x07\xff\x9b\ttab\u{202e}',
    );
    commit(dataDir, [exchange({ source: 'a\nb\x1b]0;', request })]);
    const text = await exchanges('show', '14', '--show-secrets');
    expect(text).toContain('POST /\\x1b[2J HTTP/1.1');
    expect(text).toContain('a\\x07\\xff\\x9b\\x09tab');
    expect(text).toContain('source      a\\x0ab\\x1b]0;');
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('opens what an app has wrapped, and says so, with and without secrets', async () => {
    const sent = { userIds: ['7'], token: 'hunter2' };
    commit(dataDir, [
      call({ path: 'RenphoHealth/x', token: 'T0kenT0ken', sent, got: { weight: 80, email: 'a@b.co' } }),
    ]);
    const text = await exchanges('show', '14');
    expect(text).toMatch(/^Request \(opened from \d+ bytes\)$/m);
    expect(text).toContain('{"encryptData":{"userIds":["7"],"token":"*******"}}');
    expect(text).toContain('"data":{"weight":80,"email":"******"}');
    expect(text).toMatch(/^ {2}session +\*\*\*$/m);
    expect(text).not.toMatch(/hunter2|T0ken|a@b/);
    const open = await exchanges('show', '14', '--show-secrets');
    expect(open).toContain('{"encryptData":{"userIds":["7"],"token":"hunter2"}}');
    expect(open).toMatch(/^ {2}session +T0kenT0ken$/m);
  });

  test('tells refusals and what is not whole', async () => {
    commit(dataDir, [
      exchange({
        request: { ...post('/cgi-bin/once', 'action=get'), bodyBytes: 5000, complete: false },
        response: null,
        responseAfterUs: null,
        reason: 'client-left',
      }),
    ]);
    const text = await exchanges('show', '14');
    expect(text).toContain('Request (not whole, 10 of 5000 bytes of the body kept)');
    expect(text).toContain('reason      client-left');
    expect(text).toContain('answer      none');
  });

  test('of what is not there says so', async () => {
    const { code, stderr } = await scaletap('exchanges', 'show', '99', '--data-dir', dataDir);
    expect(stderr).toContain('there is no exchange 99 in');
    expect(code).toBe(1);
  });
});

describe('export', () => {
  test('to stdout and to a file is the same', async () => {
    const out = join(folder(), 'x.har');
    const stdout = await exchanges('export', '--format', 'har');
    expect(await exchanges('export', '--out', out)).toBe(`13 exchanges written to ${out}\n`);
    expect(readFileSync(out, 'utf8')).toBe(stdout);
    expect(JSON.parse(stdout).log.entries).toHaveLength(13);
  });

  test('is private, whole, and leaves nothing else behind', async () => {
    const place = folder();
    const out = join(place, 'x.ndjson');
    writeFileSync(out, 'old', { mode: 0o644 });
    await exchanges('export', '--out', out);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(place)).toEqual(['x.ndjson']);
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(13);
  });

  test('that cannot be written says so and leaves nothing behind', async () => {
    const place = folder();
    const link = join(place, 'link.har');
    symlinkSync('elsewhere', link);
    for (const out of [join(place, 'none', 'x.har'), place, link]) {
      const { code, stderr } = await scaletap(
        'exchanges',
        'export',
        '--format',
        'har',
        '--data-dir',
        dataDir,
        '--out',
        out,
      );
      expect(stderr).toMatch(/ (cannot be written \(ENOENT\)|is not a plain file); name another /);
      expect(code).toBe(1);
    }
    expect(readdirSync(place)).toEqual(['link.har']);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  test.each(['har', 'ndjson', 'http'])('as %s shows no secrets unless asked to', async (format) => {
    const base64 = /MDEyMzQ1Njc4OWFiY2RlZg/;
    const masked = await exchanges('export', '--format', format);
    expect(masked).not.toMatch(secrets);
    expect(masked).not.toMatch(base64);
    for (const record of [...masked.matchAll(/"(?:head|body)":"([^"]*)"/g)]) {
      expect(Buffer.from(record[1] ?? '', 'base64').toString('latin1')).not.toMatch(secrets);
    }
    const open = await exchanges('export', '--format', format, '--show-secrets');
    expect(open.length).toBeGreaterThanOrEqual(masked.length - 20);
    if (format !== 'ndjson') expect(open).toMatch(secrets);
  });

  test('as .http is the captures again', async () => {
    const open = await exchanges('export', '--format', 'http', '--show-secrets');
    expect(Buffer.from(open)).toEqual(Buffer.concat(captures.map(capture)));
    expect(await exchanges('export', '--format', 'http')).toHaveLength(open.length);
  });

  test('takes filters', async () => {
    const count = async (...args: string[]) =>
      (await exchanges('export', '--format', 'ndjson', ...args)).split('\n').length - 1;
    expect(await count('--limit', '2')).toBe(2);
    expect(await count('--since', '2013-03-20T00:00Z')).toBe(8);
    expect(await count('--device', 'none')).toBe(0);
  });

  test('as .http leaves out what cannot be told apart, and says so', async () => {
    commit(dataDir, [exchange({ request: message('', 'x'), reason: 'not-http', response: null })]);
    const { stdout, stderr } = await scaletap(
      'exchanges',
      'export',
      '--format',
      'http',
      '--data-dir',
      dataDir,
    );
    expect(stdout.length).toBeGreaterThan(1000);
    expect(stderr).toContain('1 exchange left out: not whole');
  });

  test('goes over many pages', async () => {
    const many = Array.from({ length: 101 }, (_, i) =>
      exchange({ startedAtUs: i, request: post('/cgi-bin/once', 'action=get') }),
    );
    commit(dataDir, many);
    const lines = (await exchanges('export', '--format', 'ndjson')).trimEnd().split('\n');
    expect(lines.slice(13).map((line) => JSON.parse(line).startedAtUs)).toEqual(many.map((_, i) => i));
  });
});
