import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromRecord, toRecord } from '../../src/transfer/record.js';
import { anyExchange, exchange, message } from './exchanges.js';

const record = toRecord(exchange({ request: message('GET / HTTP/1.1\r\n\r\n', 'body') }), false);

/** As it comes out of a file. */
function written(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test('any exchange comes back as it was', () => {
  fc.assert(
    fc.property(anyExchange, fc.boolean(), (given, masked) => {
      const read = fromRecord(written(toRecord(given, masked)));
      expect('exchange' in read && written(toRecord(read.exchange, read.masked))).toEqual(
        written(toRecord(given, masked)),
      );
    }),
  );
});

test.each([
  ['scaletap (its version)', { scaletap: 2 }],
  ['masked', { masked: 'no' }],
  ['connection', { connection: 7 }],
  ['startedAtUs', { startedAtUs: 1e300 }],
  ['startedAtUs', { startedAtUs: -1 }],
  ['startedAtUs', { startedAtUs: 1.5 }],
  ['endedAfterUs', { endedAfterUs: null }],
  ['answered', { answered: 'nobody' }],
  ['reason', { reason: 'toString' }],
  ['reason', { reason: undefined }],
  ['request', { request: [] }],
  ['head', { request: { ...record.request, head: 'not base64!' } }],
  ['body', { request: { ...record.request, body: 'YQ' } }],
  ['bodyBytes of the request', { request: { ...record.request, bodyBytes: 1 } }],
  ['complete', { request: { ...record.request, complete: 1 } }],
  ['response', { response: 'none' }],
  ['interim', { interim: null }],
])('a wrong %s is named', (wrong, change) => {
  expect(fromRecord({ ...record, ...change })).toEqual({ wrong });
});

test('any JSON is a record or has a wrong field', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(fromRecord(value)).toHaveProperty('wrong');
    }),
  );
});
