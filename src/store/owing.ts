import { hash } from 'node:crypto';
import type { Exchange, RawMessage } from '../model/exchange.js';
import { content, parseHead } from '../model/message.js';
import type { Findings, OfflineVendor, Vendor } from '../vendors/vendor.js';
import { isOffline } from '../vendors/vendor.js';
import type { Database, Prepared } from './database.js';
import type { Owed } from './owed.js';

/** An exchange that has just been inserted, with its readings. */
export interface Inserted {
  /** Its id in the journal. */
  readonly id: number;
  readonly exchange: Exchange;
  readonly vendor: Vendor;
  readonly findings: Findings;
}

/** What the exchanges that are committed change about what is owed to the cloud. All in their transaction. */
export class Owing {
  readonly #owed: Owed;
  readonly #firstWith: Prepared<{ exchange: number }>;
  readonly #exchange: (id: number) => Exchange | undefined;

  /** `exchange` looks into the journal. */
  constructor(db: Database, owed: Owed, exchange: (id: number) => Exchange | undefined) {
    this.#owed = owed;
    this.#firstWith = db.prepare(db.query.selectFrom('reading').select('exchange').where('id', '=', ''));
    this.#exchange = exchange;
  }

  /** To be called first in a transaction. */
  refresh(): void {
    this.#owed.refresh();
  }

  /** A transaction was rolled back. */
  forget(): void {
    this.#owed.forget();
  }

  /** Whether {@link take} may change anything. Quick: it is asked for every exchange. */
  concerns({ answered, response }: Exchange): boolean {
    if (response === null) return false;
    return answered === 'replayed' || (answered === 'upstream' && this.#owed.any);
  }

  /**
   * Enters a measure that the device may forget because we said so in the cloud's place, unless the cloud has all that
   * is in it. Settles one that the device has now sent there itself.
   */
  take({ id, exchange, vendor, findings }: Inserted): void {
    const { request, response, answered } = exchange;
    // A copy that is cut cannot be sent.
    if (!isOffline(vendor) || !request.complete || request.body.length < request.bodyBytes) return;
    const step = vendor.step(request);
    if (step.kind !== 'report') return;
    // Whoever answered: only when all is well does the device not send it again by itself.
    if (response === null || !tookWell(vendor, request, response)) return;
    const debt = {
      vendor: vendor.name,
      // One that nobody can be named for is entered all the same: it is shown, though it cannot be sent.
      device: findings.device ?? step.device ?? '',
      key: keyOf(vendor, request),
      label: findings.label,
      answeredAtMs: Math.floor((exchange.startedAtUs + exchange.endedAfterUs) / 1000),
    };
    if (answered === 'replayed') {
      // What may be forged is not passed on under a name that the cloud trusts.
      if (findings.readings.some(({ quality }) => quality.includes('unverified'))) return;
      if (!this.#cloudHas(vendor, findings)) this.#owed.enter({ ...debt, exchange: id, request });
    } else {
      this.#owed.delivered(debt.vendor, debt.device, debt.key, debt.answeredAtMs);
    }
  }

  /** Whether all readings, and at least one, came first in exchanges that upstream answered well. */
  #cloudHas(vendor: OfflineVendor, { readings }: Findings): boolean {
    if (readings.length === 0) return false;
    const firsts = new Set(
      readings.flatMap(({ id }) => this.#firstWith.all([id])).map((row) => row.exchange),
    );
    return [...firsts].every((id) => {
      const first = this.#exchange(id);
      if (first?.answered !== 'upstream' || !first.response) return false;
      return tookWell(vendor, first.request, first.response);
    });
  }
}

/** Whether upstream's answer says that all is well. */
function tookWell(vendor: OfflineVendor, request: RawMessage, response: RawMessage): boolean {
  if (!response.complete) return false;
  const judgement = vendor.judge(request, response);
  return judgement.good && judgement.status === 0;
}

/**
 * The same for the same measure, whatever session it is sent in. Of the head only the request line counts: a device
 * may write the rest in another way the next time.
 */
function keyOf(vendor: OfflineVendor, request: RawMessage): string {
  const plain = vendor.readdress(request, '') ?? request;
  const line = parseHead(plain.head).start.join(' ');
  return hash('sha256', Buffer.concat([Buffer.from(`${line}\n`, 'latin1'), content(plain)]), 'hex');
}
