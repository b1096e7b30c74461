import type { Answered, Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';
import { reasonKinds } from './reasons.js';

/**
 * An exchange as JSON, with all its bytes in base64: a line of our NDJSON, and the `_scaletap` object of an entry
 * in our HAR. Read back, it is the same exchange.
 */
export interface ExchangeRecord {
  /** Version of this form. */
  readonly scaletap: 1;
  /** Whether secrets were covered: it is then not the exchange as it crossed. */
  readonly masked: boolean;
  readonly connection: string;
  readonly source: string;
  readonly startedAtUs: number;
  readonly responseAfterUs: number | null;
  readonly endedAfterUs: number;
  readonly client: string;
  readonly upstream: string;
  readonly answered: Answered;
  readonly reason: ExchangeReason | null;
  readonly request: MessageRecord;
  readonly interim: string;
  readonly response: MessageRecord | null;
}

interface MessageRecord {
  readonly head: string;
  readonly body: string;
  readonly bodyBytes: number;
  readonly complete: boolean;
}

/** An exchange as a record. `masked` says that it comes out of {@link redact}. */
export function toRecord(exchange: Exchange, masked: boolean): ExchangeRecord {
  const { request, interim, response } = exchange;
  return {
    scaletap: 1,
    masked,
    connection: exchange.connection,
    source: exchange.source,
    startedAtUs: exchange.startedAtUs,
    responseAfterUs: exchange.responseAfterUs,
    endedAfterUs: exchange.endedAfterUs,
    client: exchange.client,
    upstream: exchange.upstream,
    answered: exchange.answered,
    reason: exchange.reason,
    request: messageRecord(request),
    interim: base64(interim),
    response: response && messageRecord(response),
  };
}

function messageRecord({ head, body, bodyBytes, complete }: RawMessage): MessageRecord {
  return { head: base64(head), body: base64(body), bodyBytes, complete };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** What a record says, or which field of it is not what it should be. */
export type RecordRead =
  | { readonly exchange: Exchange; readonly masked: boolean }
  | { readonly wrong: string };

/** Thrown and caught in this file: the name of a field that is wrong. */
class WrongField extends Error {}

/** Reads a record that may be anything. */
export function fromRecord(value: unknown): RecordRead {
  try {
    const record = fieldsOf(value, 'record');
    if (record.scaletap !== 1) throw new WrongField('scaletap (its version)');
    return { exchange: exchangeOf(record), masked: flag(record, 'masked') };
  } catch (cause) {
    if (cause instanceof WrongField) return { wrong: cause.message };
    throw cause;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function exchangeOf(record: Fields): Exchange {
  const { answered, reason, response } = record;
  if (answered !== 'upstream' && answered !== 'replayed' && answered !== 'refused') {
    throw new WrongField('answered');
  }
  if (reason !== null && !isReason(reason)) throw new WrongField('reason');
  return {
    connection: text(record, 'connection'),
    source: text(record, 'source'),
    startedAtUs: count(record, 'startedAtUs'),
    responseAfterUs: record.responseAfterUs === null ? null : count(record, 'responseAfterUs'),
    endedAfterUs: count(record, 'endedAfterUs'),
    client: text(record, 'client'),
    upstream: text(record, 'upstream'),
    answered,
    reason,
    request: messageOf(record.request, 'request'),
    interim: bytes(record, 'interim'),
    response: response === null ? null : messageOf(response, 'response'),
  };
}

function messageOf(value: unknown, name: string): RawMessage {
  const record = fieldsOf(value, name);
  const body = bytes(record, 'body');
  const bodyBytes = count(record, 'bodyBytes');
  if (bodyBytes < body.length) throw new WrongField(`bodyBytes of the ${name}`);
  return { head: bytes(record, 'head'), body, bodyBytes, complete: flag(record, 'complete') };
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WrongField(name);
  return { ...value };
}

function isReason(value: unknown): value is ExchangeReason {
  return typeof value === 'string' && Object.hasOwn(reasonKinds, value);
}

function text(record: Fields, name: string): string {
  const value = record[name];
  if (typeof value !== 'string') throw new WrongField(name);
  return value;
}

function flag(record: Fields, name: string): boolean {
  const value = record[name];
  if (typeof value !== 'boolean') throw new WrongField(name);
  return value;
}

function count(record: Fields, name: string): number {
  const value = record[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new WrongField(name);
  return value;
}

function bytes(record: Fields, name: string): Buffer {
  const value = text(record, name);
  const decoded = Buffer.from(value, 'base64');
  // Node passes over what is not base64; then it does not come back as it was.
  if (decoded.toString('base64') !== value) throw new WrongField(name);
  return decoded;
}
