import type { Generated } from 'kysely';

/** Tables of the database, as the queries see them. Times and units are in the names. */
export interface Tables {
  exchange: ExchangeTable;
  reading: ReadingTable;
  value: ValueTable;
  delivery: DeliveryTable;
  delivery_refusal: DeliveryRefusalTable;
  owed: OwedTable;
  person: PersonTable;
  person_id: PersonIdTable;
  retraction: RetractionTable;
  device: DeviceTable;
  /** SQLite's own: the highest id that a table with AUTOINCREMENT has ever had. */
  sqlite_sequence: { name: string; seq: number };
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
  /** The `id` of the person whose it is; null for nobody's, and always for kinds that are about the scale or the room. */
  owner: number | null;
  /** An `OwnedBy`; null where nothing tells whose it is. */
  owned_by: string | null;
  /** 0 when it was deleted at the vendor, or is not to count. */
  counts: number;
  /** `hand` where somebody has said whether it counts; null where only the vendor has. */
  counted_by: string | null;
}

export interface PersonTable {
  id: Generated<number>;
  /** See `Owner.key`. */
  key: string;
  /** `settings`, `learnt` or `page`. */
  origin: string;
  name: string;
  /** `id` while it is only made of the vendor's id, `vendor`, `settings` or `hand`. */
  named_by: string;
  short_name: string | null;
  colour: string | null;
  height_m: number | null;
  birth_date: string | null;
  sex: string | null;
  athlete: number;
  weight_kg: number | null;
}

/** Whose a vendor's user id is. */
export interface PersonIdTable {
  vendor: string;
  user_id: string;
  person: number;
  /** An `IdGiver`. */
  given_by: Generated<string>;
}

/** What sinks have to take back, in its order: of one device and time, or, with these null, all of a person. */
interface RetractionTable {
  id: Generated<number>;
  vendor: string | null;
  device: string | null;
  time_ms: number | null;
  /** The name of whose it was until then; null for nobody's. */
  owner: string | null;
}

/** The devices that exchanges have come from. */
export interface DeviceTable {
  vendor: string;
  device: string;
  first_seen_us: number;
  last_seen_us: number;
  /** The address that it called from last. */
  client: string;
  /** How it was answered last. */
  answered: string;
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
  /** Retractions up to this `id` are done. */
  retraction: number;
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
