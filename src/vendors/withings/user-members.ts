import { hash } from 'node:crypto';
import type { Person } from '../../model/person.js';
import type { KnownKind } from '../../model/quantity.js';
import type { Circumstances } from '../vendor.js';
import type { JsonObject } from './json.js';
import { EARLIEST_S } from './limits.js';

/** What the members of a user in a session reply are made of. */

/** What has to be told of the world for that. */
export type Told = Pick<Circumstances, 'nowMs' | 'newest' | 'people'>;

const YEAR_MS = 365.2425 * 86_400_000;
const MONTH_S = 30 * 86_400;
const LARGEST_WHOLE = 0xffff_ffff;

/** `att`: a weigh-in like any other, and a weight that somebody gave for a user who was never weighed. */
export const WEIGHED = 0;
export const NEVER_WEIGHED = 4;

/**
 * For those of whom the settings do not say. They change what a scale shows as BMI and fat, never who is recognised
 * nor what is sent: the height is that of the WBS01's capture, sex 0 stands in all captures.
 */
const UNKNOWN_HEIGHT_M = 1.7;
export const UNKNOWN_AGE = 30;

/** `fm`, methods for fat. There are later ones (3 and 4, of 2011), but not every WBS01 need know them. */
const FAT_2010 = 1;
const FAT_2010_ATHLETIC = 2;

/**
 * Ids for people whom no cloud has given one: far above those of the cloud, which had come to 2.5 million in 2013, and
 * below 2^31, should a scale read them as signed.
 */
const FIRST_OWN_ID = 2_000_000_000;
const OWN_IDS = 147_000_000;

const resistances = [
  ['re', 'resistance_extra'],
  ['ri', 'resistance_intra'],
] as const satisfies readonly (readonly [string, KnownKind])[];

/** Members that are new since a user's own: weight with its time, resistances. */
export interface WeighIn {
  wt?: number;
  cr?: number;
  att?: number;
  re?: number;
  ri?: number;
}

/** What is newer than a user's own members, by the newest readings. */
export function weighIn(user: JsonObject, withResistance: boolean, told: Told): WeighIn {
  const person = String(user.id);
  const since = isWhole(user.cr) ? user.cr : 0;
  const found: WeighIn = {};
  const weight = told.newest(person, 'weight');
  if (weight !== undefined && isAmount(weight.value) && isLater(weight.timeMs, since)) {
    found.wt = rounded(weight.value, 3);
    found.cr = Math.floor(weight.timeMs / 1000);
    found.att = WEIGHED;
  }
  if (!withResistance) return found;
  for (const [name, kind] of resistances) {
    const reading = told.newest(person, kind);
    const value = Math.round(reading?.value ?? Number.NaN);
    if (reading === undefined || !isWhole(value)) continue;
    if (isLater(reading.timeMs, user[name] === undefined ? 0 : since)) found[name] = value;
  }
  return found;
}

function isLater(timeMs: number, sinceS: number): boolean {
  const timeS = Math.floor(timeMs / 1000);
  return isWhole(timeS) && timeS > sinceS;
}

/** A time for a weight that nobody has measured: for an old one a scale allows the widest difference, 6 kg. */
export function longAgo(nowMs: number): number {
  const time = Math.floor(nowMs / 1000) - MONTH_S;
  return isWhole(time) ? Math.max(EARLIEST_S, time) : EARLIEST_S;
}

/** In metres; one that is measured counts when the settings do not say. */
export function heightOf(id: number, person: Person | undefined, told: Told): number {
  const height = person?.heightM ?? told.newest(String(id), 'height')?.value;
  return isAmount(height) && height > 0 ? rounded(height, 3) : UNKNOWN_HEIGHT_M;
}

/** `sx` and `fm`. */
export function natureOf(person: Person | undefined): { readonly sx: number; readonly fm: number } {
  return {
    sx: person?.sex === 'female' ? 1 : 0,
    fm: person?.athlete === true ? FAT_2010_ATHLETIC : FAT_2010,
  };
}

/** Years since the date of birth with one decimal, not rounded up; undefined when it is not known. */
export function exactAge(person: Person | undefined, nowMs: number): number | undefined {
  const years = (nowMs - Date.parse(person?.birthDate ?? '')) / YEAR_MS;
  return years >= 0 && years < 150 ? Math.floor(years * 10) / 10 : undefined;
}

/** An age that was told some time ago, as it is now. */
export function agedSince(age: number, sinceMs: number, nowMs: number): number {
  const aged = age + Math.max(0, nowMs - sinceMs) / YEAR_MS;
  return isAmount(aged) ? rounded(aged, 1) : age;
}

/** The people of the settings by their ids, in their order. */
export function byId(people: readonly Person[]): ReadonlyMap<number, Person> {
  const found = new Map<number, Person>();
  const taken = new Set<number>();
  for (const person of people) {
    const id = idOf(person, taken);
    taken.add(id);
    found.set(id, person);
  }
  return found;
}

/** The id that a person has at the vendor, or else one of our own: always the same for a name that is unique. */
function idOf(person: Person, taken: ReadonlySet<number>): number {
  const given = Number(person.ids.withings ?? 0);
  if (isWhole(given) && given > 0) return given;
  let place = Number.parseInt(hash('sha256', person.name, 'hex').slice(0, 12), 16) % OWN_IDS;
  while (taken.has(FIRST_OWN_ID + place)) place = (place + 1) % OWN_IDS;
  return FIRST_OWN_ID + place;
}

/** A number that the scale can hold as a whole one. */
export function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_WHOLE;
}

/** Kilograms, metres or years. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 1_000;
}

export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
