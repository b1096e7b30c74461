import type { Exchange } from '../model/exchange.js';
import type { Database, Prepared } from './database.js';

/** When a device called is known to a second: to write it down each time would make a commit dearer. */
const EXACT_US = 1_000_000;
/** Devices are few, but anybody may make them up. */
const MOST_WRITTEN = 1_000;

/** What exchanges of ours with a cloud come by: no device has called. */
const ours: ReadonlySet<string> = new Set(['pull', 'catch-up']);

interface Seen {
  readonly vendor: string;
  readonly device: string;
  firstUs: number;
  lastUs: number;
  client: string;
  answered: string;
}

/** When devices called, from where, and how they were answered last. */
export class Devices {
  readonly #upsert: Prepared<unknown>;
  /** What the exchanges of a commit tell, by device. */
  readonly #seen = new Map<string, Seen>();
  /** What was written down last. */
  readonly #written = new Map<string, Seen>();

  constructor(db: Database) {
    const row = { vendor: '', device: '', first_seen_us: 0, last_seen_us: 0, client: '', answered: '' };
    this.#upsert = db.prepare(
      db.query
        .insertInto('device')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['vendor', 'device']).doUpdateSet((set) => {
            const isLater = set('excluded.last_seen_us', '>=', set.ref('device.last_seen_us'));
            const later = (column: 'client' | 'answered') =>
              set
                .case()
                .when(isLater)
                .then(set.ref(`excluded.${column}`))
                .else(set.ref(`device.${column}`))
                .end();
            return {
              first_seen_us: set.fn('min', ['excluded.first_seen_us', 'device.first_seen_us']),
              last_seen_us: set.fn('max', ['excluded.last_seen_us', 'device.last_seen_us']),
              client: later('client'),
              answered: later('answered'),
            };
          }),
        ),
    );
  }

  /** Takes note of an exchange of a device. */
  saw(vendor: string, device: string, { startedAtUs, client, answered, source }: Exchange): void {
    if (ours.has(source)) return;
    const key = `${vendor} ${device}`;
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      this.#seen.set(key, { vendor, device, firstUs: startedAtUs, lastUs: startedAtUs, client, answered });
      return;
    }
    if (startedAtUs < seen.firstUs) seen.firstUs = startedAtUs;
    if (startedAtUs < seen.lastUs) return;
    seen.lastUs = startedAtUs;
    seen.client = client;
    seen.answered = answered;
  }

  /** Writes down what was noted; in a transaction. */
  write(): void {
    for (const [key, seen] of this.#seen) {
      const { vendor, device, firstUs, lastUs, client, answered } = seen;
      const before = this.#written.get(key);
      if (before !== undefined && isAlike(seen, before)) continue;
      this.#upsert.run([vendor, device, firstUs, lastUs, client, answered]);
      if (this.#written.size >= MOST_WRITTEN) this.#written.clear();
      this.#written.set(key, seen);
    }
    this.#seen.clear();
  }

  /** Forgets what was noted and written: a transaction was rolled back. */
  forget(): void {
    this.#seen.clear();
    this.#written.clear();
  }
}

function isAlike(seen: Seen, before: Seen): boolean {
  return (
    seen.client === before.client &&
    seen.answered === before.answered &&
    seen.firstUs >= before.firstUs &&
    seen.lastUs < before.lastUs + EXACT_US
  );
}
