import { isOfScale } from '../../src/model/quantity.js';
import { type KeptReading, type Reading, type ReadingDraft, reading } from '../../src/model/reading.js';
import { weights } from './memory-place.js';

/**
 * A reading as the store keeps it: of the person whom the vendor's user id stands for, who is called like the id where
 * nothing else is said.
 */
export function kept(given: Reading, over: Partial<KeptReading> = {}): KeptReading {
  const { vendor, person, kind } = given;
  const isOwned = person !== null && !isOfScale(kind);
  return {
    ...given,
    owner: isOwned ? { key: `${vendor}-${person}`, name: person } : null,
    ownedBy: isOwned ? 'vendor' : null,
    counts: true,
    ...over,
  };
}

/** The same, of a draft. */
export function keptReading(draft: ReadingDraft, over: Partial<KeptReading> = {}): KeptReading {
  return kept(reading(draft), over);
}

/** The weights of {@link weights}, as the store keeps them. */
export function keptWeights(count: number): KeptReading[] {
  return weights(count).map((each) => kept(each));
}
