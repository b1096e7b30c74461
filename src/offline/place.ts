import type { Zone } from '../vendors/vendor.js';
import { gravityMs2 } from './gravity.js';
import { zoneAt } from './zone.js';

/** The settings that tell where the scales stand. */
export interface PlaceSettings {
  /** An IANA name; null for that of this machine. */
  readonly timeZone: string | null;
  /** In degrees; null when it is not told. */
  readonly latitude: number | null;
  /** In metres above the sea. */
  readonly altitude: number;
  readonly language: string | null;
}

/** Where the scales stand, as an offline answer needs to know it. */
export interface Place {
  zone(nowMs: number): Zone;
  readonly gravityMs2: number | null;
  readonly language: string | null;
}

export function placeOf({ timeZone, latitude, altitude, language }: PlaceSettings): Place {
  return {
    zone: (nowMs) => zoneAt(timeZone ?? machineZone(), nowMs),
    gravityMs2: latitude === null ? null : gravityMs2(latitude, altitude),
    language,
  };
}

/** A machine whose TZ names no known zone has none; its clock goes by UTC then. */
function machineZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions() as { timeZone?: string };
  return timeZone ?? 'UTC';
}
