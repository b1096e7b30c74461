import type { Kind, KnownKind } from '../model/quantity.js';
import { labelOf, unitOf, unitSymbols } from '../model/quantity.js';

/** A kind for people. */
export interface ShownKind {
  readonly kind: string;
  readonly label: string;
  readonly unit: string;
}

/** The most telling kinds, in the order in which they are shown; the rest follows by label. */
const telling: readonly KnownKind[] = [
  'weight',
  'fat_ratio',
  'fat_mass',
  'muscle_ratio',
  'muscle_mass',
  'skeletal_muscle',
  'water',
  'water_mass',
  'bone_ratio',
  'bone_mass',
  'bmi',
  'visceral_fat',
  'heart_rate',
  'pulse_wave_velocity',
  'vascular_age',
  'bmr',
  'metabolic_age',
  'co2',
  'room_temperature',
  'room_humidity',
  'battery',
];

const rank = new Map<string, number>(telling.map((kind, at) => [kind, at]));

/** A kind of a row: nothing is known of one that another version of scaletap may have written. */
export function shownKind(kind: string): ShownKind {
  return { kind, label: labelOf(kind as Kind), unit: unitSymbols[unitOf(kind as Kind)] };
}

/** Sorts what is of kinds, the most telling first. */
export function byKind<T extends ShownKind>(all: readonly T[]): T[] {
  const place = ({ kind }: ShownKind) => rank.get(kind) ?? telling.length;
  return [...all].sort((a, b) => place(a) - place(b) || compare(a.label, b.label) || compare(a.kind, b.kind));
}

/** The order of texts that is the same on all machines. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
