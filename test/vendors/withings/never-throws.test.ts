import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Exchange, RawMessage } from '../../../src/model/exchange.js';
import type { Reading } from '../../../src/model/reading.js';
import { messageOf } from '../../../src/vendors/vendor.js';
import { withings } from '../../../src/vendors/withings/index.js';
import { captures, exchangesOf, Memory, message, post, requestHead, text } from './exchanges.js';

/** Whatever the bytes are: findings, spans and fields, and no exception. */
function survives(exchange: Exchange): void {
  const memory = new Memory();
  memory.values.set('00:24:e4:00:00:01 secret', '0123456789abcdef');
  for (const { readings, refusals } of memory.play([exchange, exchange])) {
    expect(readings.filter((reading) => !isSound(reading))).toEqual([]);
    expect(refusals.filter(({ detail }) => detail.length > 160 || /\p{Cc}/u.test(detail))).toEqual([]);
  }
  const outside = withings
    .secrets(exchange)
    .filter(
      (span) =>
        span.from >= span.to || span.to > (messageOf(exchange, span.message)?.[span.part].length ?? -1),
    );
  expect(outside).toEqual([]);
  expect(withings.decode(exchange).filter(({ name, text: shown }) => /\p{Cc}/u.test(name + shown))).toEqual(
    [],
  );
}

function isSound({ value, timeMs, device }: Reading): boolean {
  return (
    Number.isFinite(value) && Number.isSafeInteger(timeMs) && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(device)
  );
}

const paths = ['once', 'session', 'maint', 'measure', 'v2/measure', 'v2/weather', 'association', 'other'];
const path = fc.constantFrom(...paths);
const raw = fc.uint8Array({ maxLength: 300 });
const anyMessage = fc.record({
  head: raw,
  body: raw,
  bodyBytes: fc.nat(400),
  complete: fc.boolean(),
}) satisfies fc.Arbitrary<RawMessage>;

test('any bytes', () => {
  fc.assert(
    fc.property(
      anyMessage,
      fc.option(anyMessage),
      fc.constantFrom('upstream', 'replayed', 'refused'),
      (a, b, answered) => {
        survives({ ...post('once', '', null), request: a, response: b, answered });
      },
    ),
  );
});

test('any body to a known path, any reply', () => {
  fc.assert(
    fc.property(path, raw, raw, fc.boolean(), (name, body, reply, chunked) => {
      const head = requestHead(`/cgi-bin/${name}`, chunked ? 'Transfer-Encoding: chunked\r\n' : '');
      const response = message(
        `HTTP/1.1 200 OK\r\n${chunked ? 'Transfer-Encoding: chunked\r\n' : ''}\r\n`,
        Buffer.from(reply),
      );
      survives({ ...post('once', '', null), request: message(head, Buffer.from(body)), response });
    }),
  );
});

const names = [
  ...['action', 'auth', 'hash', 'sessionid', 'batterylvl', 'currentfw', 'userid', 'macaddress', 'meastime'],
  ...['measures', 'measuregrps', 'source', 'type', 'data', 'attribstatus'],
];
const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify(value));
const value = fc.oneof(
  fc.constantFrom(
    'new',
    'delete',
    'get',
    'store',
    '1',
    '0',
    '-1',
    '1399999999',
    '00:24:e4:00:00:01',
    '%',
    'NaN',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  json,
);
const form = fc
  .array(fc.tuple(fc.constantFrom(...names), value))
  .map((pairs) => pairs.map(([name, v]) => `${name}=${v === '%' ? v : encodeURIComponent(v)}`).join('&'));

test('any form, any JSON', () => {
  fc.assert(
    fc.property(path, form, fc.oneof(json, fc.constant('{"status":0}')), (name, body, reply) => {
      survives(post(name, body, reply));
    }),
    { numRuns: 500 },
  );
});

const leaf = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(1, -3, 11, 13, 66850, 1_399_999_999, null, 'x', true),
);
const measure = fc.record(
  {
    value: leaf,
    type: fc.oneof(fc.nat(300), leaf),
    unit: leaf,
    data: fc.oneof(leaf, fc.record({ mantissa: leaf, exponent: leaf, unit: leaf }, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
);
const group = fc.record(
  { meastime: leaf, measures: fc.oneof(leaf, fc.array(measure)) },
  { requiredKeys: [] },
);

test('measures of any shape', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('measure', 'v2/measure'),
      fc.array(fc.oneof(group, measure, leaf)),
      (name, list) => {
        for (const field of ['measures', 'measuregrps']) {
          const text = encodeURIComponent(JSON.stringify({ [field]: list }));
          survives(post(name, `macaddress=00:24:e4:00:00:01&meastime=1399999999&${field}=${text}`, null));
        }
      },
    ),
  );
});

test('any configuration of a scale', () => {
  const types = fc.oneof(fc.nat(40), fc.constantFrom(1, 3, 5, 6, 9, 25, 28, 0x79, 0xffff), fc.nat(0xffff));
  const records = fc.array(
    fc.tuple(types, fc.uint8Array({ maxLength: 120 }), fc.integer({ min: -2, max: 2 })),
  );
  fc.assert(
    fc.property(records, (list) => {
      const data = Buffer.concat(
        list.map(([type, payload, lie]) => {
          const head = Buffer.alloc(4);
          head.writeUInt16LE(type, 0);
          head.writeUInt16LE(Math.max(0, payload.length + lie), 2);
          return Buffer.concat([head, payload]);
        }),
      );
      survives(post('maint', `action=store&source=1&type=1&data=${data.toString('hex')}`, '{"status":0}'));
    }),
  );
});

test('captures with bytes changed, dropped or cut off', () => {
  const all = captures.flatMap(exchangesOf);
  const change = (bytes: Uint8Array, edits: readonly (readonly [number, number])[], cut: number) => {
    const changed = Uint8Array.from(bytes);
    for (const [at, byte] of edits) if (changed.length > 0) changed[at % changed.length] = byte;
    return changed.subarray(0, changed.length - (changed.length === 0 ? 0 : cut % changed.length));
  };
  const edits = fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 4 });
  const cut = fc.oneof(fc.constant(0), fc.nat(4000));
  fc.assert(
    fc.property(fc.constantFrom(...all), edits, edits, edits, cut, cut, (exchange, a, b, c, d, e) => {
      const { request, response } = exchange;
      survives({
        ...exchange,
        request: message(text(change(request.head, c, 0)), Buffer.from(change(request.body, a, d))),
        response: response && message(text(response.head), Buffer.from(change(response.body, b, e))),
      });
    }),
    { numRuns: 500 },
  );
});

test('bodies made to be slow or deep', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const spaces = ' '.repeat(300_000);
  for (const body of [
    `measures=${deep}`,
    `measures={"measures":[${spaces}nan`,
    `measures=[${'nan,'.repeat(50_000)}`,
    `sessionid=${'%41'.repeat(100_000)}`,
    'userid=1&'.repeat(50_000),
    `data=${'0f00'.repeat(200_000)}&source=1&type=1`,
    `data=${'ffff'.repeat(200_000)}&source=1&type=1`,
    `data=${'00100000'.repeat(100_000)}&source=1&type=1`,
    `data=${'0f0f010000'.repeat(100_000)}&source=1&type=1`,
  ]) {
    for (const name of ['measure', 'maint']) survives(post(name, body, `{"status":0,"body":${deep}}`));
  }
  const users = `[${Array.from({ length: 100_000 }, () => '{"id":1}').join(',')}]`;
  survives(
    post(
      'session',
      'action=new&auth=00:24:e4:00:00:01&hash=x',
      `{"status":0,"body":{"sp":{"users":${users}}}}`,
    ),
  );
  const chunked = message(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    `2;${'\ra'.repeat(200_000)}\r\n{}\r\n${'1\r\n \r\n'.repeat(50_000)}`,
  );
  survives({ ...post('once', '', null), response: chunked });
});
