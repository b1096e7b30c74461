import type { VendorName } from '../model/vendor.js';
import type { Points, SeriesOf } from '../store/page-points.js';
import type { PageQueries, ScaleReading, Stamp } from '../store/page-queries.js';
import type { PersonRow } from '../store/people.js';
import { vendorNamed } from '../vendors/index.js';
import { NoAnswer } from './no-answer.js';

/** A device's address with its vendor, as one text: `withings 00:24:e4:00:00:01`. */
export function deviceKey({ vendor, device }: { readonly vendor: string; readonly device: string }): string {
  return `${vendor} ${device}`;
}

/** Whether rows of a vendor can be shown: another version of scaletap may have known more of them. */
export function isVendor(name: string | null): name is VendorName {
  return name !== null && vendorNamed(name) !== undefined;
}

/** Points are kept of so many series; a page with all of its charts has fewer. */
const MOST_KEPT = 64;

interface KeptPoints {
  readonly points: Points;
  /** They are of what the database had then. */
  readonly stamp: Stamp;
}

/**
 * The database, with what is too dear to be counted anew for each view: how many weigh-ins people have, what the scales
 * said last, and the points of charts. What is new is added; when something was retracted, all is counted again.
 */
export class Household {
  readonly db: PageQueries;
  #counts = new Map<number, number>();
  /** What the counts are of. */
  #counted: Stamp | null = null;
  readonly #newest = new Map<string, ScaleReading>();
  #newestSeq = 0;
  /** The one that was asked for last is the last. */
  readonly #points = new Map<string, KeptPoints>();

  constructor(db: PageQueries) {
    this.db = db;
  }

  /** How many weigh-ins that count each person has, by their `id`. */
  weighInCounts(): ReadonlyMap<number, number> {
    const stamp = this.db.stamp();
    if (this.#counted === null || this.#counted.retraction !== stamp.retraction) {
      this.#counts = new Map(this.db.weighIns(stamp.seq).map(({ owner, count }) => [owner, count]));
    } else if (this.#counted.seq !== stamp.seq) {
      for (const { owner, count } of this.db.newWeighIns(this.#counted.seq, stamp.seq)) {
        this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + count);
      }
    }
    this.#counted = stamp;
    return this.#counts;
  }

  /** The newest reading of each kind that is about a device, in no order. */
  newestOfScales(): Iterable<ScaleReading> {
    const { seq } = this.db.stamp();
    if (seq !== this.#newestSeq) {
      for (const reading of this.db.newestOfScales(this.#newestSeq)) {
        const key = `${deviceKey(reading)} ${reading.kind}`;
        if ((this.#newest.get(key)?.time_ms ?? Number.NEGATIVE_INFINITY) <= reading.time_ms) {
          this.#newest.set(key, reading);
        }
      }
      this.#newestSeq = seq;
    }
    return this.#newest.values();
  }

  /** {@link PageQueries.points}: those of before while no other reading of that kind has come. */
  points(of: SeriesOf, kind: string, sinceMs: number, untilMs: number, most: number): Points {
    const key = JSON.stringify([of, kind, sinceMs, untilMs, most]);
    const stamp = this.db.stamp();
    const known = this.#points.get(key);
    const isSame =
      known !== undefined &&
      known.stamp.retraction === stamp.retraction &&
      !this.db.hasNew(of, kind, known.stamp.seq, stamp.seq);
    const points = isSame ? known.points : this.db.points(of, kind, sinceMs, untilMs, most);
    this.#points.delete(key);
    this.#points.set(key, { points, stamp });
    const [oldest] = this.#points.keys();
    if (this.#points.size > MOST_KEPT && oldest !== undefined) this.#points.delete(oldest);
    return points;
  }

  /** The person of a key. Throws {@link NoAnswer} when there is nobody. */
  person(key: string): PersonRow {
    const person = this.db.people().find((each) => each.key === key);
    if (person === undefined) throw new NoAnswer(404, `there is nobody with the key ${key}`);
    return person;
  }
}
