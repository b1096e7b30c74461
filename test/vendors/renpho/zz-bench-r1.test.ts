import { test } from 'vitest';
import { call, get, capture } from '/work/main/test/vendors/renpho/calls.js';
import { readOf } from '/work/main/test/vendors/renpho/findings.js';
import { open } from '/work/main/src/vendors/renpho/open.js';
import { secretSpans } from '/work/main/src/vendors/renpho/redaction.js';
test('b', () => {
  const one = call({ path: 'RenphoHealth/scale/queryAllMeasureDataList', sent: { a: 1 }, token: 'x'.repeat(20), got: [JSON.parse(capture('new_measurement_record_full_fixture.json'))] });
  for (let k = 0; k < 3; k++) {
    const t = performance.now();
    for (let i = 0; i < 5000; i++) readOf(one);
    console.log('read us', ((performance.now() - t) / 5000) * 1000);
  }
  const row = capture('new_measurement_record_full_fixture.json').trim();
  const big = call({ path: 'x', got: Array.from({ length: 20000 }, (_, i) => ({ ...JSON.parse(row), id: `#59192784209${String(i).padStart(8, '0')}`, timeStamp: 1600000000 + i })) });
  let t = performance.now();
  const f = readOf(big);
  console.log('20k full rows', f.readings.length, performance.now() - t, big.response?.body.length);
  t = performance.now(); const o = open(big); console.log('open', performance.now() - t);
  t = performance.now(); open(o); console.log('open again', performance.now() - t);
  t = performance.now(); secretSpans(o); console.log('secrets', performance.now() - t);
}, 60000);
