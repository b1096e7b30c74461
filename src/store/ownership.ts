import type { Kind } from '../model/quantity.js';
import { isOfScale } from '../model/quantity.js';
import type { OwnedBy, Quality, Reading } from '../model/reading.js';
import type { Corrections } from './corrections.js';
import type { Database, Prepared } from './database.js';
import type { Weighed } from './near.js';
import { LATELY_MS, nearest } from './near.js';
import type { People } from './people.js';
import { byHand, isSound } from './sound.js';

/** Whose a reading is, as the columns have it. */
export interface Whose {
  readonly owner: number | null;
  readonly ownedBy: OwnedBy | null;
}

/** Whether a reading counts, as the columns have it. */
export interface Counting {
  readonly counts: 0 | 1;
  readonly countedBy: 'hand' | null;
}

/** What somebody has said of a weigh-in. */
interface Hand {
  readonly device: string;
  readonly vendor: string;
  readonly person: string | null;
  readonly time_ms: number;
  readonly owner: number | null;
  readonly owned_by: string | null;
  readonly counts: number;
  readonly counted_by: string | null;
}

interface Stored {
  readonly id: string;
  readonly kind: string;
  readonly owner: number | null;
  readonly owned_by: string | null;
}

/** What it weighs tells nothing where nobody need have stood there, or not then. */
const doubts: ReadonlySet<Quality> = new Set(['unverified', 'future-time', 'deleted', 'typed-in']);

const nobody: Whose = { owner: null, ownedBy: null };
const itCounts: Counting = { counts: 1, countedBy: null };
const itDoesNot: Counting = { counts: 0, countedBy: null };

/** Decides whose readings are, and which count, when they are stored. All of it is called in a transaction. */
export class Ownership {
  readonly #db: Database;
  readonly #people: People;
  readonly #corrections: Corrections;
  readonly #handsIn: Prepared<Hand>;
  readonly #stored: Prepared<Stored>;
  readonly #newest: Prepared<{ value: number; time_ms: number }>;
  readonly #own: Prepared<unknown>;
  /** By time; null when they must be read. */
  #hands: Map<number, Hand[]> | null = null;
  #dataVersion = -1;

  constructor(db: Database, people: People, corrections: Corrections) {
    this.#db = db;
    this.#people = people;
    this.#corrections = corrections;
    const { query } = db;
    this.#handsIn = db.prepare(
      query
        .selectFrom('reading')
        .select(['vendor', 'device', 'time_ms', 'person', 'owner', 'owned_by', 'counts', 'counted_by'])
        .distinct()
        .where(byHand),
    );
    this.#stored = db.prepare(
      query
        .selectFrom('reading')
        .select(['id', 'kind', 'owner', 'owned_by'])
        .where('time_ms', '=', 0)
        .where('device', '=', '')
        .where('vendor', '=', '')
        .where('person', 'is', null),
    );
    this.#newest = db.prepare(
      query
        .selectFrom('reading')
        .select(['value', 'time_ms'])
        .where('owner', '=', 0)
        .where('kind', '=', '')
        .where('time_ms', '<', 0)
        .where('time_ms', '>=', 0)
        .where(isSound)
        .orderBy('time_ms', 'desc')
        .limit(1),
    );
    this.#own = db.prepare(query.updateTable('reading').set({ owner: 0, owned_by: '' }).where('id', '=', ''));
  }

  /** Whose a reading is; undefined where only what it weighs can tell: {@link Ownership.byWeight}. */
  of({ kind, vendor, device, timeMs, person }: Reading): Whose | undefined {
    if (isOfScale(kind)) return nobody;
    const hand = this.#hand(vendor, device, timeMs, person);
    if (hand?.owned_by === 'hand') return { owner: hand.owner, ownedBy: 'hand' };
    if (person === null) return undefined;
    return { owner: this.#people.owner(vendor, person, device), ownedBy: 'vendor' };
  }

  counting({ kind, vendor, device, timeMs, person, quality }: Reading): Counting {
    const hand = isOfScale(kind) ? undefined : this.#hand(vendor, device, timeMs, person);
    if (hand?.counted_by === 'hand') return { counts: hand.counts === 0 ? 0 : 1, countedBy: 'hand' };
    return quality.includes('deleted') ? itDoesNot : itCounts;
  }

  /**
   * Whose an anonymous weigh-in is, by what it weighs; `readings` are those of it that are to be stored now. What is
   * stored of it already gets the same owner.
   */
  byWeight(readings: readonly Reading[]): Whose {
    const [first] = readings;
    if (first === undefined) return nobody;
    const { vendor, device, timeMs } = first;
    const stored = this.#stored.all([timeMs, device, vendor]).filter(({ kind }) => !isOfScale(kind as Kind));
    const weighed = stored.find(({ kind }) => kind === 'weight');
    if (weighed !== undefined) return { owner: weighed.owner, ownedBy: weighed.owned_by as OwnedBy | null };
    const found = this.#near(readings);
    if (found.owner === null) return found;
    if (stored.length > 0) this.#corrections.weighIn(vendor, device, timeMs, null);
    for (const { id } of stored) this.#own.run([found.owner, found.ownedBy, id]);
    return found;
  }

  /** Whose a weigh-in is when nobody has said so; all its readings of a body. */
  found(readings: readonly Reading[]): Whose {
    const [{ vendor, device, person } = { person: null }] = readings;
    if (person === null || vendor === undefined) return this.#near(readings);
    return { owner: this.#people.owner(vendor, person, device), ownedBy: 'vendor' };
  }

  #near(readings: readonly Reading[]): Whose {
    const weight = readings.find(({ kind }) => kind === 'weight');
    if (weight === undefined || weight.quality.some((mark) => doubts.has(mark))) return nobody;
    const owner = nearest(weight.value, this.#lately(weight));
    return owner === null ? nobody : { owner, ownedBy: 'weight' };
  }

  /** Forgets what is in memory if another process has written; to be called first in a transaction. */
  refresh(): void {
    const version = this.#db.pragma('data_version');
    if (version !== this.#dataVersion) this.forget();
    this.#dataVersion = version;
  }

  /** Forgets what is in memory: it has changed, or a transaction was rolled back. */
  forget(): void {
    this.#hands = null;
  }

  #hand(vendor: string, device: string, timeMs: number, person: string | null): Hand | undefined {
    this.#hands ??= this.#readHands();
    if (this.#hands.size === 0) return undefined;
    return this.#hands
      .get(timeMs)
      ?.find((hand) => hand.device === device && hand.vendor === vendor && hand.person === person);
  }

  #readHands(): Map<number, Hand[]> {
    const hands = new Map<number, Hand[]>();
    for (const hand of this.#handsIn.all([])) {
      const ofTime = hands.get(hand.time_ms);
      if (ofTime) ofTime.push(hand);
      else hands.set(hand.time_ms, [hand]);
    }
    return hands;
  }

  /** What those weighed lately whose this may be. */
  #lately({ vendor, timeMs, candidates }: Reading): Weighed[] {
    const among = new Set(candidates.map((id) => this.#people.holder(vendor, id)));
    const found: Weighed[] = [];
    for (const { id, weight_kg: told } of this.#people.rows()) {
      if (candidates.length > 0 && !among.has(id)) continue;
      const [newest] = this.#newest.all([id, 'weight', timeMs, timeMs - LATELY_MS, 1]);
      if (newest !== undefined)
        found.push({ person: id, weightKg: newest.value, agoMs: timeMs - newest.time_ms });
      else if (told !== null && this.#newest.all([id, 'weight', timeMs, 0, 1]).length === 0) {
        found.push({ person: id, weightKg: told, agoMs: null });
      }
    }
    return found;
  }
}
