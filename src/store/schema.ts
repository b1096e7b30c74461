import type { Generated } from 'kysely';

/** Tables of the database, as the queries see them. Times and units are in the names. */
export interface Tables {
  exchange: ExchangeTable;
  reading: ReadingTable;
  value: ValueTable;
  delivery: DeliveryTable;
  delivery_refusal: DeliveryRefusalTable;
  owed: OwedTable;
}

export interface ExchangeTable {
  id: Generated<number>;
  started_at_us: number;
  response_after_us: number | null;
  ended_after_us: number;
  source: string;
  connection: string;
  client: string;
  upstream: string;
  answered: string;
  reason: string | null;
  vendor: string | null;
  label: string;
  device: string | null;
  verdict: string | null;
  /** JSON list of `{reason, detail}`; null when there are none. */
  refusals: string | null;
  request_head: Uint8Array;
  request_body: Uint8Array;
  request_body_bytes: number;
  request_complete: number;
  /** Null when no interim response came. */
  interim: Uint8Array | null;
  /** Null when there was no response; the other columns of the response then too. */
  response_head: Uint8Array | null;
  response_body: Uint8Array | null;
  response_body_bytes: number | null;
  response_complete: number | null;
}

export interface ReadingTable {
  /** The order in which readings came to be known, which is the order of delivery. */
  seq: Generated<number>;
  id: string;
  kind: string;
  value: number;
  unit: string;
  time_ms: number;
  device: string;
  vendor: string;
  person: string | null;
  /** Comma lists; null when empty. */
  candidates: string | null;
  quality: string | null;
  /** The exchange that it came from first; that one may be gone by now. */
  exchange: number;
  /** The id that the vendor's cloud has for the weigh-in; null where it is not known. */
  cloud_id: string | null;
}

interface ValueTable {
  vendor: string;
  device: string;
  name: string;
  text: string;
  updated_at_us: number;
}

interface DeliveryTable {
  sink: string;
  /** Readings up to this `seq` are delivered, or refused for good. */
  seq: number;
}

interface DeliveryRefusalTable {
  sink: string;
  seq: number;
  message: string;
}

export interface OwedTable {
  /** The order in which the measures came, which is the order in which they are sent. */
  id: Generated<number>;
  /** The exchange that brought it first; that one may be gone by now. */
  exchange: number;
  vendor: string;
  device: string;
  /** The same for the same measure, whatever session it is sent in. */
  key: string;
  /** What it was, in the vendor's word. */
  label: string;
  /** A copy of the request: the journal forgets. */
  request_head: Uint8Array;
  request_body: Uint8Array;
  /** When we answered it. */
  answered_at_ms: number;
  /** An `OwedState`. */
  state: string;
  /** The cloud's status for it, null when it never gave one. */
  status: number | null;
  tries: number;
  last_problem: string | null;
  /** Until when a sender has it to itself; 0 when none has. */
  lease_until_ms: number;
  settled_at_ms: number | null;
}
