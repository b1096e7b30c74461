import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { wrap } from '../../../src/vendors/renpho/envelope.js';
import { renpho } from '../../../src/vendors/renpho/index.js';
import { account, bytes, call, get, message, plain } from './calls.js';
import { ids, numbers, readOf, refused, weighInsOf } from './findings.js';

const path = 'RenphoHealth/scale/queryAllMeasureDataList';

/** A call of the new cloud whose answer is these bytes. */
function answered(body: string | Uint8Array, lines = ''): Exchange {
  return {
    ...call({ path, token: 'token-of-the-test' }),
    response: message(`HTTP/1.1 200 OK\r\n${lines}`, body),
  };
}

const sealed = (inside: string) => `{"code":101,"msg":"success","data":"${wrap(Buffer.from(inside))}"}`;
const row = '{"id":5919278420902642176,"timeStamp":1771059525,"bUserId":5245536005636456320,"weight":88.15}';

describe('read', () => {
  test('names what was asked for, and what nobody has published', () => {
    expect(readOf(answered(sealed('[]'))).label).toBe('measurements');
    expect(readOf(call({ path: 'RenphoHealth/scale/5919278420902642176/x' })).label).toBe(
      'unknown POST /RenphoHealth/scale/#/x',
    );
    expect(
      readOf({ ...plain, request: { ...message(''), head: new Uint8Array(0) }, response: null }).label,
    ).toBe('unknown');
  });

  test('both queries of the new cloud and the list of the old one give a weigh-in the same readings', () => {
    const got = JSON.parse(row.replace(/\d{16,}/g, '"#$&"')) as object;
    const pages = [
      call({ path, got: [got] }),
      call({
        path: 'RenphoHealth/scale/queryBodyCompositionMeasureData',
        got: { list: [{ ...got, smi: 8.1, mac: 'AA:BB:CC:DD:EE:FF' }] },
      }),
      get('api/v2/measurements/list.json', '', {
        last_ary: [{ time_stamp: 1771059525, b_user_id: account, weight: 88.15 }],
      }),
    ];
    const [first, ...others] = pages.map((page) => ids(readOf(page))[0]);
    expect(others).toEqual([first, first]);
  });

  test('an answer in gzip and chunks', () => {
    const body = gzipSync(sealed(`[${row}]`));
    const framed = Buffer.concat([bytes(`${body.length.toString(16)}\r\n`), body, bytes('\r\n0\r\n\r\n')]);
    const head = bytes('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n');
    const response = { head, body: framed, bodyBytes: framed.length, complete: true };
    const findings = readOf({ ...answered(''), response });
    expect(numbers(findings)).toEqual(['weight 88.15 kg']);
    expect(weighInsOf(findings)).toEqual([`2026-02-14T08:58:45.000Z ${account} - #5919278420902642176`]);
  });

  test('of an answer that was cut nothing, by name', () => {
    const exchange = answered(sealed(`[${row}]`));
    const response = exchange.response && { ...exchange.response, complete: false };
    const findings = readOf({ ...exchange, response });
    expect([findings.readings, refused(findings)]).toEqual([[], ['body-cut: body of the answer']]);
  });

  test('neither NaN nor nulls nor deep nesting nor a bomb harm it', () => {
    const deep = '{"list":'.repeat(10_000) + '}'.repeat(10_000);
    expect(refused(readOf(answered(sealed(`[${row.replace('88.15', 'NaN')}]`))))).toEqual([
      'envelope-not-json: body of the answer',
    ]);
    expect(
      readOf(answered(sealed('[null,{"weight":null,"timeStamp":null},{"weight":"NaN","timeStamp":1}]'))),
    ).toMatchObject({
      readings: [],
      refusals: [],
    });
    expect(refused(readOf(answered(sealed(deep))))).toEqual(['envelope-not-json: body of the answer']);
    expect(refused(readOf(answered(deep)))).toEqual(['not-json: body of the answer']);
    expect(
      refused(readOf(answered(gzipSync(Buffer.alloc(40_000_000)), 'Content-Encoding: gzip\r\n'))),
    ).toEqual(['content-too-large: body of the answer']);
  });

  test('a page of 100,000 rows is read in full, in seconds', () => {
    const rows = Array.from(
      { length: 100_000 },
      (_, i) =>
        `{"id":59192784209${String(i).padStart(8, '0')},"timeStamp":${1_600_000_000 + i},"bUserId":${account},` +
        `"weight":${80 + (i % 100) / 10},"bodyfat":"21.3","bmr":1890,"visfat":0,"bone":null,"mac":"AA:BB:CC:DD:EE:FF"}`,
    );
    const findings = readOf(answered(sealed(`[${rows.join(',')}]`)));
    expect(findings.readings).toHaveLength(300_000);
    expect(findings.readings.at(-1)).toMatchObject({ cloudId: '5919278420900099999', person: account });
    expect(findings.refusals).toEqual([]);
  }, 20_000);

  test('so is one whose rows are all at fault, or all the same', () => {
    const faulty = Array.from({ length: 100_000 }, (_, i) => `{"timeStamp":-${i},"weight":80}`);
    expect(readOf(answered(sealed(`[${faulty.join(',')}]`))).refusals).toHaveLength(31);
    const same = Array.from({ length: 100_000 }, () => row);
    expect(readOf(answered(sealed(`[${same.join(',')}]`))).readings).toHaveLength(1);
  }, 20_000);
});

describe('any bytes', () => {
  /** Whatever came: sound readings, and refusals of one short line. */
  function survives(exchange: Exchange): void {
    for (const each of [exchange, renpho.open(exchange)]) {
      const { label, readings, refusals, deleted } = readOf(each);
      expect(label.length).toBeLessThan(120);
      expect([label, ...refusals.map(({ detail }) => detail)].filter((text) => /\p{Cc}/u.test(text))).toEqual(
        [],
      );
      expect(refusals.filter(({ detail }) => detail.length > 160)).toEqual([]);
      expect(deleted.filter((id) => !/^\d{1,20}$/.test(id))).toEqual([]);
      for (const { value, timeMs, person, device, cloudId } of readings) {
        expect(Number.isFinite(value) && Number.isSafeInteger(timeMs)).toBe(true);
        expect([person, cloudId].filter((id) => id !== null && !/^\d{1,20}$/.test(id))).toEqual([]);
        expect(device).toMatch(/^$|^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
      }
    }
    expect(ids(readOf(renpho.open(exchange)))).toEqual(ids(readOf(exchange)));
  }

  const raw = fc.uint8Array({ maxLength: 200 });
  const anyMessage = fc.record({ head: raw, body: raw, bodyBytes: fc.nat(300), complete: fc.boolean() });

  test('as messages', () => {
    fc.assert(
      fc.property(
        anyMessage,
        fc.option(anyMessage),
        fc.constantFrom('upstream', 'refused'),
        (request, response, by) => {
          survives({ ...plain, request, response, answered: by });
        },
      ),
    );
  });

  const names = fc.constantFrom(
    ...[
      'weight',
      'timeStamp',
      'time_stamp',
      'bUserId',
      'userId',
      'id',
      'mac',
      'bodyfat',
      'deviceType',
      'list',
    ],
    ...[
      'delete_ary',
      'waistValue',
      'waistUnit',
      'whr_value',
      'encryptData',
      'data',
      'code',
      '__proto__',
      'constructor',
    ],
  );
  const leaf = fc.oneof(
    fc.constantFrom(
      0,
      80,
      '80',
      '88.1',
      1_790_000_000,
      '1790000000',
      '00000',
      'AABBCCDDEEFF',
      '[{"weight":1,"time_stamp":2}]',
    ),
    fc.double(),
    fc.string({ maxLength: 8 }),
    fc.constant(null),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.dictionary(names, tie('value'), { maxKeys: 8 }),
      fc.array(tie('value'), { maxLength: 4 }),
    ),
  }));

  test('as JSON in request and answer, in envelopes and not', () => {
    fc.assert(
      fc.property(value, value, fc.boolean(), (sent, got, old) => {
        const exchange = call({ path, sent, got });
        survives(exchange);
        survives({
          ...exchange,
          request: message(`POST /${path} HTTP/1.1\r\nHost: cloud.renpho.com\r\n`, JSON.stringify(sent)),
        });
        if (old) survives(get('api/v2/measurements/list.json', '&user_id=7', got));
      }),
      { numRuns: 500 },
    );
  });
});
