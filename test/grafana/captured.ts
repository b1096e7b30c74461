import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../../src/model/exchange.js';
import type { KeptReading } from '../../src/model/reading.js';
import { Store } from '../../src/store/store.js';
import { vendorOf } from '../../src/vendors/index.js';
import { wrap } from '../../src/vendors/renpho/envelope.js';
import { kept } from '../sinks/readings.js';
import { call, message } from '../vendors/renpho/calls.js';
import { captures, exchangesOf } from '../vendors/withings/exchanges.js';

const renphoLists = [
  ['RenphoHealth/scale/queryAllMeasureDataList', 'new_measurement_record_full_fixture.json'],
  ['RenphoHealth/scale/queryAllMeasureDataList', 'new_measurements_discountdarcy_fixture.json'],
  ['RenphoHealth/scale/queryBodyCompositionMeasureData', 'new_body_composition_page_minimal.json'],
] as const;

function renphoAnswer(path: string, file: string): Exchange {
  const inside = readFileSync(new URL(`../../captures/renpho/${file}`, import.meta.url));
  const body = `{"code":101,"msg":"success","data":"${wrap(inside)}"}`;
  return {
    ...call({ path, sent: {}, token: 'token-of-the-test' }),
    response: message('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n', body),
  };
}

/** Every reading of the captures, through the store, as an import brings them there; people are called by their ids. */
export function capturedReadings(): KeptReading[] {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-grafana-'));
  const store = new Store(folder, vendorOf, { create: true });
  try {
    store.journal.commit([
      ...captures.flatMap(exchangesOf),
      ...renphoLists.map(([path, file]) => renphoAnswer(path, file)),
    ]);
    return store.readings.list().map((each) => kept(each));
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
