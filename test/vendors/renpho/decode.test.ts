import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { decodeExchange } from '../../../src/vendors/renpho/decode.js';
import { open } from '../../../src/vendors/renpho/open.js';
import { account, call, capture, get, message, plain } from './calls.js';

const decoded = (exchange: Exchange) =>
  decodeExchange(open(exchange)).map(({ name, text }) => `${name}: ${text}`);

test('a page of the new API', () => {
  const row = JSON.parse(capture('new_measurement_record_full_fixture.json'));
  const page = call({ path: 'x', token: 'T0ken', sent: {}, got: { list: [row, { ...row, timeStamp: 1 }] } });
  expect(decoded(page)).toEqual([
    'api: new (Renpho Health)',
    `account: ${account}`,
    'session: T0ken',
    'code: 101 (success)',
    'weigh-ins: 2 received',
    'first weigh-in: 1781160072 (2026-06-11T06:41:12.000Z)',
    'id: 5919278420902642176',
    `bUserId: ${account}`,
    `subUserId: ${account}`,
    'mac: AA:BB:CC:DD:EE:FF',
    'scaleName: Elis 1',
    'Weight: 88.15 kg',
    'Fat: 21.3 %',
    'Water: 55.2 %',
    'Basal metabolic rate: 1890 kcal',
    'Metabolic age: 31 y',
    'Skeletal muscle: 65.8 %',
    'Bone mass: 3.4 kg',
    'Subcutaneous fat: 18.9 %',
    'Visceral fat: 9',
    'BMI: 27.2 kg/m²',
    'Muscle mass: 49.1 kg',
    'Protein: 17.6 %',
    'Body shape: 5',
    'Fat-free mass: 69.4 kg',
    'Impedance at the first frequency: 512 Ω',
    'Impedance at the second frequency: 460 Ω',
    'Actual impedance at the first frequency: 512 Ω',
    'Actual impedance at the second frequency: 460 Ω',
  ]);
});

test('of all that, the session is secret', () => {
  const secret = decodeExchange(call({ path: 'x', token: 'T0ken' })).filter((field) => field.secret);
  expect(secret).toEqual([{ name: 'session', text: 'T0ken', secret: true }]);
});

test('an upload of girths', () => {
  const sent = JSON.parse(capture('new_girth_upload_record_SHAPE.json').replace('{USER_ID}', '7'));
  const upload = call({ path: 'x', sent, got: [{ id: '#5919278420902642176', timeStamp: 1719500400 }] });
  expect(decoded(upload)).toEqual([
    'api: new (Renpho Health)',
    'code: 101 (success)',
    'girths: 1 sent',
    'first girths: 1719500400 (2024-06-27T15:00:00.000Z)',
    'userId: 7',
    'Girth of the waist: 90 cm',
    'Girth of the left arm: 33 cm',
    'Girth of the right arm: 33.5 cm',
  ]);
});

test('a refusal and a deletion of the old API', () => {
  const key = '&terminal_user_session_key=k&user_id=7';
  expect(decoded(get('x', key, { status_code: '40302', delete_ary: [1, 2] }))).toEqual([
    'api: old (the classic app)',
    'account: 7',
    'session: k',
    'code: 40302 (session is not taken any more)',
    'deleted: 2',
  ]);
});

test('an answer of ours is not the cloud’s', () => {
  const exchange = { ...call({ path: 'x', code: 500 }), answered: 'refused' as const };
  expect(decoded(exchange)).toEqual(['api: new (Renpho Health)']);
});

test('any bytes give printable fields', () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((raw) => Buffer.from(raw)),
    fc.json().map((json) => Buffer.from(`[{"weight":7,"time_stamp":9,"mac":"\u0007","scaleName":${json}}]`)),
  );
  fc.assert(
    fc.property(body, body, (sent, got) => {
      const request = message('POST /x HTTP/1.1\r\nHost: cloud.renpho.com\r\n', sent);
      const response = message('HTTP/1.1 200 OK\r\n', got);
      for (const line of decoded({ ...plain, request, response })) expect(line).not.toMatch(/\p{Cc}/u);
    }),
  );
});
