/**
 * Whose an anonymous weigh-in is, by what everybody weighed lately.
 *
 * A healthy adult moves by 1 to 2 kg over a day (meals, water, clothes), and by more over weeks. A weight that is
 * given to the wrong one does more harm than one that stays unassigned, which a person can put right: so nobody else
 * may be within twice as much.
 */

const DAY_MS = 86_400_000;
/** Whom nobody has weighed for so long may weigh anything. */
export const LATELY_MS = 90 * DAY_MS;
const LEAST_KG = 2;
const SHARE = 0.03;
const MORE_A_DAY_KG = 0.05;
const MOST_KG = 5;

/** What somebody weighed last. */
export interface Weighed {
  readonly person: number;
  readonly weightKg: number;
  /** How long before the weigh-in; null for a weight that was only told, which may be of any time. */
  readonly agoMs: number | null;
}

/** The one person who weighed about as much, when nobody else is near; null otherwise. */
export function nearest(weightKg: number, people: readonly Weighed[]): number | null {
  const near = people.filter((each) => Math.abs(each.weightKg - weightKg) <= toleranceKg(each));
  const [found] = near;
  if (found === undefined || near.length > 1) return null;
  const others = people.filter(({ person }) => person !== found.person);
  const isOther = others.some((each) => Math.abs(each.weightKg - weightKg) <= 2 * toleranceKg(each));
  return isOther ? null : found.person;
}

/** How much a person may have gained or lost since. */
function toleranceKg({ weightKg, agoMs }: Weighed): number {
  if (agoMs === null) return MOST_KG;
  const grown = MORE_A_DAY_KG * (agoMs / DAY_MS);
  return Math.min(MOST_KG, Math.max(LEAST_KG, SHARE * weightKg) + grown);
}
