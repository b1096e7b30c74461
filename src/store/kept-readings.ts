import type { Kind, Unit } from '../model/quantity.js';
import { isOfScale, quantities } from '../model/quantity.js';
import type { KeptReading, OwnedBy, Quality } from '../model/reading.js';
import type { VendorName } from '../model/vendor.js';
import type { Database } from './database.js';

/** The kinds that are about the scale or the room, and never anybody's. */
export const scaleKinds = (Object.keys(quantities) as Kind[]).filter(isOfScale);

/** The readings, each with whose it is. */
export function keptReadings(db: Database) {
  return db.query
    .selectFrom('reading')
    .leftJoin('person as owner', 'owner.id', 'reading.owner')
    .selectAll('reading')
    .select(['owner.key as owner_key', 'owner.name as owner_name']);
}

export type KeptRow = Awaited<ReturnType<ReturnType<typeof keptReadings>['execute']>>[number];

/** A reading from its row. The table is written by `Readings.add` alone, which takes only readings. */
export function keptReadingOf(row: KeptRow): KeptReading {
  const { owner_key: key, owner_name: name } = row;
  return {
    id: row.id,
    kind: row.kind as Kind,
    value: row.value,
    unit: row.unit as Unit,
    timeMs: row.time_ms,
    device: row.device,
    vendor: row.vendor as VendorName,
    person: row.person,
    candidates: row.candidates?.split(',') ?? [],
    quality: (row.quality?.split(',') ?? []) as Quality[],
    cloudId: row.cloud_id,
    owner: key === null || name === null ? null : { key, name },
    ownedBy: row.owned_by as OwnedBy | null,
    counts: row.counts === 1,
  };
}
