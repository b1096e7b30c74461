import { printable } from '../model/escape.js';
import type { Answered } from '../model/exchange.js';
import { parseHead } from '../model/message.js';
import type { ExchangeRow } from '../store/page-queries.js';
import { exchangeNotes, requestPlace } from '../transfer/shown.js';
import type { Household } from './household.js';
import { isVendor } from './household.js';
import { NoAnswer } from './no-answer.js';
import type { Answers, Queries } from './shapes.js';

type Exchange = Answers['exchange'];

const answers: readonly Answered[] = ['upstream', 'replayed', 'refused'];

/** How it was answered, by a row. */
export function answeredOf(text: string): Answered {
  return answers.find((answered) => answered === text) ?? 'refused';
}

/**
 * Exchanges, the newest first. For those of one device, many of others may have to be looked through: then a page has
 * fewer than were asked for, and `next` goes on. Throws {@link NoAnswer} for a cursor that makes no sense.
 */
export function exchanges(
  house: Household,
  { before, device, limit }: Queries['exchanges'],
): Answers['exchanges'] {
  if (before !== undefined && !/^\d{1,15}$/.test(before)) {
    throw new NoAnswer(400, 'before is not what next has been');
  }
  const below = before === undefined ? Number.MAX_SAFE_INTEGER : Number(before);
  const { rows, lookedFrom } = house.db.exchanges(below, limit, device);
  return { exchanges: rows.map(shownExchangeRow), next: lookedFrom === null ? null : String(lookedFrom) };
}

/** What list and detail are made of. */
interface Facts {
  readonly id: number;
  readonly startedAtUs: number;
  readonly responseAfterUs: number | null;
  readonly vendor: string | null;
  readonly label: string;
  readonly device: string | null;
  readonly answered: string;
  readonly reason: string | null;
  readonly verdict: string | null;
  readonly refusals: readonly { readonly reason: string }[];
  readonly bytes: number;
  /** As much of it as there is. */
  readonly requestHead: Uint8Array;
  /** Null when there was no response. */
  readonly responseHead: Uint8Array | null;
}

/** What is said of an exchange wherever it is shown. There is nothing in it that could be a secret. */
export function shownFacts(facts: Facts): Exchange {
  const { id, startedAtUs, responseAfterUs, vendor, device, label, reason, bytes } = facts;
  const status = facts.responseHead === null ? '' : parseHead(facts.responseHead).start[1];
  return {
    id,
    timeMs: startedAtUs / 1000,
    vendor: isVendor(vendor) ? vendor : null,
    device: device === null ? null : printable(device),
    label: printable(label === '' ? requestPlace(facts.requestHead) : label),
    answered: answeredOf(facts.answered),
    reason,
    status: /^\d{3}$/.test(status) ? Number(status) : null,
    bytes,
    responseAfterMs: responseAfterUs === null ? null : responseAfterUs / 1000,
    notes: exchangeNotes(facts).map(printable),
  };
}

/** A row of the list. */
export function shownExchangeRow(row: ExchangeRow): Exchange {
  const { id, vendor, label, device, answered, reason, verdict } = row;
  return shownFacts({
    ...{ id, vendor, label, device, answered, reason, verdict },
    startedAtUs: row.started_at_us,
    responseAfterUs: row.response_after_us,
    refusals: refusalsOf(row.refusals),
    bytes: row.request_body_bytes + (row.response_body_bytes ?? 0),
    requestHead: row.request_start ?? new Uint8Array(0),
    responseHead: row.response_start,
  });
}

/** What could not be read, by the column of an exchange. */
function refusalsOf(json: string | null): { readonly reason: string }[] {
  return json === null ? [] : (JSON.parse(json) as { reason: string }[]);
}
