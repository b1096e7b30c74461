import { sql } from 'kysely';

/** Not one that may be forged, or has a time that cannot be right. */
const isTrue = sql`(reading.quality IS NULL OR NOT (
  reading.quality LIKE '%unverified%' OR reading.quality LIKE '%future-time%'))`;

/** A reading that counts, is not one that may be forged, and has a time that can be right. */
export const isSound = sql<boolean>`(reading.counts = 1 AND ${isTrue})`;

/** The same, whatever was said by hand: not deleted at the vendor. */
export const isSoundAtVendor = sql<boolean>`(${isTrue} AND
  (reading.quality IS NULL OR reading.quality NOT LIKE '%deleted%'))`;

/** As the index of them says it. */
export const byHand = sql<boolean>`(owned_by = 'hand' OR counted_by = 'hand')`;
