import type { Exchange, RawMessage } from '../model/exchange.js';
import { answered } from '../offline/answered.js';
import type { House } from '../offline/circumstances.js';
import { circumstancesAt } from '../offline/circumstances.js';
import type { OfflineVendor } from '../vendors/vendor.js';
import type { Recorder } from './recorder.js';

/**
 * An answer of our own to a request that is whole; null when there is none. The store's thread makes it, and has the
 * exchange on disk by then. When it cannot, or does not in time, the device is answered so that it keeps its measures.
 */
export async function answerBy(
  recorder: Recorder,
  vendor: OfflineVendor,
  exchange: Exchange,
  house: House,
): Promise<RawMessage | null> {
  const ours = await recorder.ask({ ask: 'answer', exchange });
  if (ours === null) return null;
  if (ours?.kept) return ours.response;
  const response = ours?.response ?? withoutStore(vendor, exchange, house);
  if (response === undefined) return null;
  recorder.record(answered(exchange, response));
  return response;
}

/** With what the settings tell, and nothing that was learnt. */
function withoutStore(vendor: OfflineVendor, exchange: Exchange, house: House): RawMessage | undefined {
  const nothing = () => undefined;
  const known = { value: nothing, note: nothing };
  const knowledge = { known, value: nothing, newest: nothing, canKeep: false };
  return vendor.answer(exchange, circumstancesAt(Date.now(), house, knowledge))?.response;
}
