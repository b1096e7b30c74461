import type { Answered, Exchange, ExchangeReason } from '../model/exchange.js';
import type { Findings, Refusal } from '../vendors/vendor.js';
import { blobBytes } from './database.js';
import type { ExchangeTable } from './schema.js';

/** An exchange of the journal, with what was found in it. */
export interface StoredExchange extends Exchange {
  readonly id: number;
  /** Null when no vendor claims it. */
  readonly vendor: string | null;
  /** What it was, in the vendor's word; empty when no vendor claims it. */
  readonly label: string;
  readonly device: string | null;
  readonly verdict: Findings['verdict'];
  readonly refusals: readonly Refusal[];
}

export type Row = Omit<ExchangeTable, 'id'> & { id: number };

const noBytes = new Uint8Array(0);

/** A row that stands for all rows of a statement. */
export const emptyRow: Omit<Row, 'id'> = {
  started_at_us: 0,
  response_after_us: 0,
  ended_after_us: 0,
  source: '',
  connection: '',
  client: '',
  upstream: '',
  answered: '',
  reason: '',
  vendor: '',
  label: '',
  device: '',
  verdict: '',
  refusals: '',
  request_head: noBytes,
  request_body: noBytes,
  request_body_bytes: 0,
  request_complete: 0,
  interim: noBytes,
  response_head: noBytes,
  response_body: noBytes,
  response_body_bytes: 0,
  response_complete: 0,
};

/** An exchange as a row without its id, in the order of {@link emptyRow}. */
export function parametersOf(exchange: Exchange, vendor: string | null, findings: Findings): unknown[] {
  const { request, response, interim } = exchange;
  return [
    exchange.startedAtUs,
    exchange.responseAfterUs,
    exchange.endedAfterUs,
    exchange.source,
    exchange.connection,
    exchange.client,
    exchange.upstream,
    exchange.answered,
    exchange.reason,
    vendor,
    findings.label,
    findings.device,
    findings.verdict,
    findings.refusals.length === 0 ? null : JSON.stringify(findings.refusals),
    request.head,
    request.body,
    request.bodyBytes,
    Number(request.complete),
    interim.length === 0 ? null : interim,
    response?.head ?? null,
    response?.body ?? null,
    response?.bodyBytes ?? null,
    response ? Number(response.complete) : null,
  ];
}

/** An exchange from its row. The table is written by the journal alone. */
export function storedExchange(row: Row): StoredExchange {
  return {
    id: row.id,
    connection: row.connection,
    source: row.source,
    startedAtUs: row.started_at_us,
    responseAfterUs: row.response_after_us,
    endedAfterUs: row.ended_after_us,
    client: row.client,
    upstream: row.upstream,
    answered: row.answered as Answered,
    reason: row.reason as ExchangeReason | null,
    vendor: row.vendor,
    label: row.label,
    device: row.device,
    verdict: row.verdict as Findings['verdict'],
    refusals: row.refusals === null ? [] : (JSON.parse(row.refusals) as Refusal[]),
    request: {
      head: blobBytes(row.request_head),
      body: blobBytes(row.request_body),
      bodyBytes: row.request_body_bytes,
      complete: row.request_complete === 1,
    },
    interim: blobBytes(row.interim),
    response:
      row.response_head === null
        ? null
        : {
            head: blobBytes(row.response_head),
            body: blobBytes(row.response_body),
            bodyBytes: row.response_body_bytes ?? 0,
            complete: row.response_complete === 1,
          },
  };
}
