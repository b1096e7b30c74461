import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exportFormats } from '../../src/config/choices.js';
import type { Exchange } from '../../src/model/exchange.js';
import { exportPieces } from '../../src/transfer/export.js';
import { readFile } from '../../src/transfer/read-file.js';
import { redact } from '../../src/transfer/redact.js';
import { renpho } from '../../src/vendors/renpho/index.js';
import { account, call, capture, get, message, signIn } from '../vendors/renpho/calls.js';

/*
 * Exports without secrets hold Renpho's exchanges opened, since a body that anybody can decrypt is as good as in the
 * open; they give the same readings when they are imported, though without the session nothing proves what an app has
 * sent. Exports with secrets hold the bytes as they crossed.
 */

const secret = 'hunter2hunter2';
const row = {
  ...JSON.parse(capture('new_measurement_record_full_fixture.json')),
  id: '#5919278420902642176',
  bUserId: `#${account}`,
};
const login = { ...JSON.parse(capture('new_login_object_fixture.json')), token: secret };

/** An exchange whose answer is compressed and chunked, as a cloud may send it. */
function packed(exchange: Exchange): Exchange {
  const body = gzipSync(exchange.response?.body ?? '');
  const head =
    'HTTP/1.1 200 OK\r\nDate: Mon, 21 Sep 2026 14:13:20 GMT\r\nContent-Type: application/json\r\n' +
    'Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n';
  const half = body.length >> 1;
  const chunk = (part: Buffer) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')];
  const chunks = [...chunk(body.subarray(0, half)), ...chunk(body.subarray(half)), Buffer.from('0\r\n\r\n')];
  return {
    ...exchange,
    response: { ...message(head, Buffer.concat(chunks)), head: Buffer.from(`${head}\r\n`) },
  };
}

const shapes: readonly Exchange[] = [
  packed(call({ path: 'RenphoHealth/scale/queryAllMeasureDataList', token: secret, sent: {}, got: [row] })),
  packed(
    call({
      path: 'RenphoHealth/healthManage/dailyCalories',
      token: secret,
      got: { fourElectrodeWeight: row },
    }),
  ),
  packed(
    call({
      path: 'RenphoHealth/scale/never/seen',
      token: secret,
      sent: [row],
      got: [{ id: '#5919278420902642176', timeStamp: row.timeStamp }],
    }),
  ),
  packed(
    call({ path: 'renpho-aggregation/user/login', sent: { login: { password: secret } }, got: { login } }),
  ),
  packed(
    get('api/v2/measurements/list.json', `&terminal_user_session_key=${secret}&user_id=7`, {
      status_code: '20000',
      last_ary: [
        { id: 1, b_user_id: 7, time_stamp: 1_700_000_000, weight: 80.5, muscle: 40, birthday: '1990-01-01' },
      ],
      previous_ary: [{ id: 2, time_stamp: 1_600_000_000, weight: 81 }],
      delete_ary: [3],
    }),
  ),
  packed(
    signIn(
      `password=${secret}&rows_json=${encodeURIComponent('[{"weight":"70","time_stamp":"1500000000","user_id":7,"email":"a@b.co"}]')}`,
      {},
    ),
  ),
];

/** What is read in an exchange but the session, which does not leave the house, and what hangs on it. */
function readings(exchange: Exchange): unknown {
  const found = renpho.read(exchange, { value: () => undefined, note: () => undefined });
  const plain = found.readings.map((reading) => ({ ...reading, cloudId: null, quality: [] }));
  return { ...found, readings: plain, values: [], notes: [] };
}

async function exported(
  format: (typeof exportFormats)[number],
  exchanges: readonly Exchange[],
  masked: boolean,
) {
  const pieces = exportPieces(format, exchanges, { masked, version: '1' }, { written: 0, leftOut: 0 });
  const bytes = Buffer.concat([...pieces].map((piece) => Buffer.from(piece)));
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-transfer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, `x.${format}`), bytes);
  const back: Exchange[] = [];
  for await (const found of readFile(join(folder, `x.${format}`), () => undefined)) {
    if ('problem' in found) throw new Error(found.problem.reason);
    back.push(found.exchange);
  }
  return { bytes, back };
}

/** Everything in an export that is text, or base64 of text. */
function visible(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  const packedTexts = [...text.matchAll(/"(?:head|body|text)":"([^"]*)"/g)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64').toString('latin1'),
  );
  return [text, ...packedTexts].join('\n');
}

describe.each(exportFormats)('as %s', (format) => {
  test('readings are the same again, and no secret is there', async () => {
    const { bytes, back } = await exported(format, shapes.map(redact), true);
    expect(
      shapes.flatMap(
        (given) => renpho.read(given, { value: () => undefined, note: () => undefined }).readings,
      ),
    ).not.toEqual([]);
    expect(back.map(readings)).toEqual(shapes.map(readings));
    expect(visible(bytes)).not.toMatch(/hunter2|a@b\.co|1990-0|Aidan/);
    expect(visible(bytes)).toContain('"weight":');
  });

  test('no session comes out of it', async () => {
    const { back } = await exported(format, shapes.map(redact), true);
    const known = { value: () => undefined, note: () => undefined };
    const names = (exchanges: readonly Exchange[]) =>
      new Set(exchanges.flatMap((each) => renpho.read(each, known).values.map(({ name }) => name)));
    expect(names(shapes)).toContain('session');
    expect(names(back)).not.toContain('session');
  });

  test('with secrets it is the bytes that crossed', async () => {
    const { back } = await exported(format, shapes, false);
    for (const [i, { request, response }] of back.entries()) {
      expect(Buffer.from(request.body)).toEqual(Buffer.from(shapes[i]?.request.body ?? []));
      expect(Buffer.from(response?.body ?? [])).toEqual(Buffer.from(shapes[i]?.response?.body ?? []));
    }
  });
});

test('a HAR tells that it was HTTPS', async () => {
  const { bytes } = await exported('har', shapes.slice(0, 1), false);
  expect(JSON.parse(bytes.toString()).log.entries[0].request.url).toBe(
    'https://cloud.renpho.com/RenphoHealth/scale/queryAllMeasureDataList',
  );
});
