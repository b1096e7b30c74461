import type { Kind } from '../../model/quantity.js';
import { quote } from '../quote.js';
import { camelCase, measured } from './fields.js';
import { type JsonObject, numberOf } from './json.js';
import type { Refusals } from './refusals.js';

/**
 * What a tape measured, in a record of either cloud, with a length and its unit for each site:
 *
 *     {"girth_id":1,"user_id":2,"time_stamp":1719500400,"waist_value":90.0,"waist_unit":0,"whr_value":0.9, ..}
 *     {"userId":"2","timeStamp":"1719500400","waistValue":"90.0","waistUnit":"0", ..}
 *
 * Unit 0 is the centimetre; of the others nothing is published. `custom` to `custom5` are sites that the user has
 * named, whose name is not ours to tell.
 */
const sites = {
  neck: 'girth_neck',
  shoulder: 'girth_shoulder',
  chest: 'girth_chest',
  abdomen: 'girth_abdomen',
  waist: 'girth_waist',
  hip: 'girth_hip',
  arm: 'girth_arm',
  left_arm: 'girth_left_arm',
  right_arm: 'girth_right_arm',
  thigh: 'girth_thigh',
  left_thigh: 'girth_left_thigh',
  right_thigh: 'girth_right_thigh',
  calf: 'girth_calf',
  left_calf: 'girth_left_calf',
  right_calf: 'girth_right_calf',
  custom: 'renpho_girth_custom_cm',
  custom1: 'renpho_girth_custom1_cm',
  custom2: 'renpho_girth_custom2_cm',
  custom3: 'renpho_girth_custom3_cm',
  custom4: 'renpho_girth_custom4_cm',
  custom5: 'renpho_girth_custom5_cm',
} as const satisfies Record<string, Kind>;

const CENTIMETRE = 0;

interface Place {
  readonly kind: Kind;
  /** The name of the field with its unit. */
  readonly unit: string;
}

/** Where a length stands, by the name of its field in either cloud. */
const places: ReadonlyMap<string, Place> = new Map(
  Object.entries(sites).flatMap(([site, kind]) => {
    const names = (end: string) => [...new Set(ends(site, end))];
    return names('value').map((value, i) => [value, { kind, unit: names('unit')[i] ?? '' }] as const);
  }),
);

/** `custom1`: nobody has published on which side of the number `_value` stands. */
function ends(site: string, end: string): string[] {
  const digit = /\d$/.exec(site)?.[0];
  const snake = [`${site}_${end}`, ...(digit === undefined ? [] : [`${site.slice(0, -1)}_${end}${digit}`])];
  return snake.flatMap((name) => [name, camelCase(name)]);
}

/** Whether a row is of a tape. */
export function isGirths(row: JsonObject): boolean {
  for (const name in row) if (places.has(name)) return true;
  return false;
}

/** What a tape has measured. */
export function girths(row: JsonObject, refusals: Refusals): Map<Kind, number> {
  const found = new Map<Kind, number>();
  for (const name in row) {
    const place = places.get(name);
    if (place === undefined) continue;
    const length = measured(row[name], name, place.kind, refusals);
    if (length === undefined) continue;
    if (numberOf(row[place.unit]) === CENTIMETRE) found.set(place.kind, length);
    else refusals.add('unknown-unit', `${place.unit} is ${quote(row[place.unit])}`);
  }
  const ratio = measured(row.whr_value ?? row.whrValue, 'whr_value', 'waist_hip_ratio', refusals);
  if (ratio !== undefined) found.set('waist_hip_ratio', ratio);
  return found;
}
