import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { ExportFormat } from '../../src/config/choices.js';
import type { Exchange } from '../../src/model/exchange.js';
import type { Exported } from '../../src/transfer/export.js';
import { exportPieces } from '../../src/transfer/export.js';
import { readFile } from '../../src/transfer/read-file.js';
import type { Found } from '../../src/transfer/reasons.js';
import { toRecord } from '../../src/transfer/record.js';
import { anyExchange, capture, exchange, post } from './exchanges.js';

const folder = mkdtempSync(join(tmpdir(), 'scaletap-transfer-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(name: string, data: string | Buffer): Promise<Found[]> {
  const path = join(folder, name);
  writeFileSync(path, data);
  const found: Found[] = [];
  for await (const item of readFile(path, () => undefined)) found.push(item);
  return found;
}

/** Each exchange as its body, each problem as its name and place. */
function told(found: readonly Found[]): string[] {
  return found.map((item) =>
    'problem' in item
      ? `${item.problem.reason} at ${item.problem.at}`
      : Buffer.from(item.exchange.request.body).toString(),
  );
}

function written(format: ExportFormat, exchanges: readonly Exchange[], masked = false): string {
  const exported: Exported = { written: 0, leftOut: 0 };
  const pieces = exportPieces(format, exchanges, { masked, version: '0.0.0' }, exported);
  const text = [...pieces].map(String).join('');
  expect(exported.written + exported.leftOut).toBe(exchanges.length);
  return text;
}

const one = exchange({ request: post('/cgi-bin/once', 'action=get') });
const two = exchange({ request: post('/cgi-bin/once', 'action=probe'), interim: Buffer.from([0, 255]) });

describe('what was exported comes back', () => {
  test.each(['har', 'ndjson'] as const)('as %s, exactly', async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyExchange), async (exchanges) => {
        const found = await read(`any.${format}`, written(format, exchanges));
        const back = found.map((item) => ('exchange' in item ? toRecord(item.exchange, item.masked) : item));
        expect(back).toEqual(exchanges.map((given) => toRecord(given, false)));
      }),
      { numRuns: 30 },
    );
  });

  test('also when nothing was', async () => {
    expect(JSON.parse(written('har', []))).toMatchObject({ log: { version: '1.2', entries: [] } });
    for (const format of ['har', 'ndjson', 'http'] as const) {
      expect(await read(`empty.${format}`, written(format, []))).toEqual([]);
    }
  });

  test('with what was covered marked as such', async () => {
    const found = await read('masked.ndjson', written('ndjson', [one], true));
    expect(found.map((item) => 'masked' in item && item.masked)).toEqual([true]);
  });
});

describe('the kind of a file', () => {
  test.each([
    ['HAR', 'x.json', written('har', [one])],
    ['HAR of Windows', 'x.har', `\ufeff\r\n ${written('har', [one])}`],
    ['NDJSON', 'x.ndjson', written('ndjson', [one])],
    ['NDJSON', 'x.JSONL', `\n${written('ndjson', [one])}\n\n`],
    ['NDJSON without the last line end', 'x.ndjson', written('ndjson', [one]).trimEnd()],
    ['dump', 'x.txt', written('http', [one])],
  ])('%s in %s', async (_, name, data) => {
    expect(told(await read(name, data))).toEqual(['action=get']);
  });
});

describe('what cannot be read has a name and an offset', () => {
  const har = written('har', [one, two]);
  const lines = written('ndjson', [one, two]);
  const secondLine = lines.indexOf('\n') + 1;

  test.each<[string, string, string | Buffer, string[]]>([
    ['half a HAR', 'x.har', har.slice(0, -20), ['action=get', `ends-early at ${har.length - 20}`]],
    [
      'a HAR without its end',
      'x.har',
      har.slice(0, -3),
      ['action=get', 'action=probe', `ends-early at ${har.length - 3}`],
    ],
    ['a HAR that is no JSON', 'x.har', '{"log" - }', ['not-har at 0']],
    ['JSON that is no HAR', 'x.har', '{"log":{"entries":{}}}', ['not-har at 0']],
    [
      'entries of the wrong kind',
      'x.har',
      '{"log":{"entries":[1,{},nope]}}',
      ['bad-entry at 19', 'bad-entry at 21', 'not-json at 24'],
    ],
    ['half a line', 'x.ndjson', lines.slice(0, -20), ['action=get', `ends-early at ${secondLine}`]],
    [
      'a line that is no JSON',
      'x.ndjson',
      `{nope\n${lines}`,
      ['not-json at 0', 'action=get', 'action=probe'],
    ],
    [
      'a line that is not ours',
      'x.ndjson',
      `{"a":1}\n${lines}`,
      ['bad-record at 0', 'action=get', 'action=probe'],
    ],
    ['bytes', 'x.har', Buffer.from([0, 1, 2, 255]), ['request-missing at 0']],
  ])('%s', async (_, name, data, expected) => {
    expect(told(await read(name, data))).toEqual(expected);
  });

  test('a file that is not there, and a folder', async () => {
    for (const path of [join(folder, 'none'), folder]) {
      const found: Found[] = [];
      for await (const item of readFile(path, () => undefined)) found.push(item);
      expect(told(found)).toEqual(['unreadable at 0']);
    }
  });

  test('any change to a file', async () => {
    const files: [string, string][] = [
      ['x.har', har],
      ['x.ndjson', lines],
      ['x.http', capture('ws30-update2.http').toString()],
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.nat(),
        fc.string({ maxLength: 3 }),
        async ([name, data], at, put) => {
          const place = at % data.length;
          await read(name, data.slice(0, place) + put + data.slice(place + 1));
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('tells how far it is', async () => {
  const path = join(folder, 'long.ndjson');
  const data = written('ndjson', Array(1000).fill(two));
  writeFileSync(path, data);
  const seen: number[] = [];
  for await (const _ of readFile(path, (at, all) => seen.push(at, all)));
  expect(seen.length).toBeGreaterThan(4);
  expect(seen.slice(-2)).toEqual([data.length, data.length]);
});
