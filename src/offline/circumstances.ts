import { randomBytes } from 'node:crypto';
import type { Person } from '../model/person.js';
import type { Circumstances } from '../vendors/vendor.js';
import type { Place } from './place.js';

/** This scaletap is younger than this: a clock that is behind it (a small computer without a battery) is wrong. */
const EARLIEST_MS = Date.UTC(2026, 10, 1);

/** What the settings tell about the house. */
export interface House {
  readonly people: readonly Person[];
  readonly place: Place;
  readonly requireAuth: boolean;
}

/** What is known of a device when it is to be answered. */
export type Knowledge = Pick<Circumstances, 'known' | 'value' | 'newest' | 'canKeep'>;

/** Puts together what an offline answer is made of, at a time by this machine's clock. */
export function circumstancesAt(nowMs: number, house: House, knowledge: Knowledge): Circumstances {
  const { people, place, requireAuth } = house;
  return {
    ...knowledge,
    nowMs,
    clockIsRight: nowMs >= EARLIEST_MS,
    people,
    zone: place.zone(nowMs),
    gravityMs2: place.gravityMs2,
    language: place.language,
    requireAuth,
    random: randomBytes(16),
  };
}
