import { type Kind, type Unit, unitOf } from '../../model/quantity.js';
import { quote } from '../quote.js';
import { type JsonObject, numberOf } from './json.js';
import type { Refusals } from './refusals.js';

/**
 * The numbers of a weigh-in by the names of the old cloud; the new one writes the same in camel case. Units are those
 * of the maker of the scales (QN SDK documentation, body_indexes.html): `muscle` is the skeletal muscle in per cent,
 * `sinew` the muscle in kg, and `bone` is in kg, whatever clients make of them. Weight is always in kg; `weight_unit`
 * is how the app shows it. At which two frequencies `resistance` and `sec_resistance` are measured is not published.
 *
 * Not here, as nobody has measured them: the profile at that time (height, waistline, hip), flags, goals, and what a
 * number should be (`...Min`, `...Max`, `...Std`, `weightTarget`; also TW, WC and FC, which look like it [I]).
 */
const snakeKinds = {
  weight: 'weight',
  bmi: 'bmi',
  bodyfat: 'fat_ratio',
  subfat: 'subcutaneous_fat',
  visfat: 'visceral_fat',
  water: 'water',
  protein: 'protein',
  muscle: 'skeletal_muscle',
  sinew: 'muscle_mass',
  bone: 'bone_mass',
  fat_free_weight: 'fat_free_mass',
  bmr: 'bmr',
  bodyage: 'metabolic_age',
  body_shape: 'body_shape',
  score: 'health_score',
  heart_rate: 'heart_rate',
  cardiac_index: 'cardiac_index',
  left_weight: 'weight_left_foot',
  right_weight: 'weight_right_foot',
  resistance: 'impedance_first',
  sec_resistance: 'impedance_second',
  actual_resistance: 'impedance_first_actual',
  actual_sec_resistance: 'impedance_second_actual',
  bodyfat_left_arm: 'fat_ratio_left_arm',
  bodyfat_right_arm: 'fat_ratio_right_arm',
  bodyfat_trunk: 'fat_ratio_trunk',
  bodyfat_left_leg: 'fat_ratio_left_leg',
  bodyfat_right_leg: 'fat_ratio_right_leg',
  sinew_left_arm: 'muscle_mass_left_arm',
  sinew_right_arm: 'muscle_mass_right_arm',
  sinew_trunk: 'muscle_mass_trunk',
  sinew_left_leg: 'muscle_mass_left_leg',
  sinew_right_leg: 'muscle_mass_right_leg',
  resistance20_left_arm: 'impedance_20khz_left_arm',
  resistance20_right_arm: 'impedance_20khz_right_arm',
  resistance20_trunk: 'impedance_20khz_trunk',
  resistance20_left_leg: 'impedance_20khz_left_leg',
  resistance20_right_leg: 'impedance_20khz_right_leg',
  resistance100_left_arm: 'impedance_100khz_left_arm',
  resistance100_right_arm: 'impedance_100khz_right_arm',
  resistance100_trunk: 'impedance_100khz_trunk',
  resistance100_left_leg: 'impedance_100khz_left_leg',
  resistance100_right_leg: 'impedance_100khz_right_leg',
  sea_neck: 'girth_neck_estimated',
  sea_chest: 'girth_chest_estimated',
  sea_abdomen: 'girth_abdomen_estimated',
  sea_waist: 'girth_waist_estimated',
  sea_hip: 'girth_hip_estimated',
  sea_left_arm: 'girth_left_arm_estimated',
  sea_right_arm: 'girth_right_arm_estimated',
  sea_left_thigh: 'girth_left_thigh_estimated',
  sea_right_thigh: 'girth_right_thigh_estimated',
  sea_whr_value: 'waist_hip_ratio_estimated',
  // The head of a baby, in a unit that has its own enum and is not published.
  head_value: 'renpho_head_value',
} as const satisfies Record<string, Kind>;

/**
 * What scales with eight electrodes add, in the new cloud only (`deviceType` 00053, MorphoScan): each number was found
 * in the vendor's own report. Hand and foot are taken for the arm and the leg that end in them [I]. The per cent of
 * `..Muscle` may be of what it should be, as in other reports, and then be more than 100 [I].
 */
const eightElectrodeKinds = {
  bodytype: 'body_shape',
  bodyScore: 'body_score',
  obesityDegree: 'renpho_obesity_degree',
  sinewRatio: 'muscle_ratio',
  smmMass: 'skeletal_muscle_mass',
  smi: 'skeletal_muscle_index',
  whr: 'waist_hip_ratio',
  laMuscleMass: 'muscle_mass_left_arm',
  raMuscleMass: 'muscle_mass_right_arm',
  tMuscleMass: 'muscle_mass_trunk',
  llMuscleMass: 'muscle_mass_left_leg',
  rlMuscleMass: 'muscle_mass_right_leg',
  laMuscle: 'muscle_ratio_left_arm',
  raMuscle: 'muscle_ratio_right_arm',
  tMuscle: 'muscle_ratio_trunk',
  llMuscle: 'muscle_ratio_left_leg',
  rlMuscle: 'muscle_ratio_right_leg',
  laBodyFatMass: 'fat_mass_left_arm',
  raBodyFatMass: 'fat_mass_right_arm',
  tBodyFatMass: 'fat_mass_trunk',
  llBodyFatMass: 'fat_mass_left_leg',
  rlBodyFatMass: 'fat_mass_right_leg',
  laBodyFatPct: 'fat_ratio_left_arm',
  raBodyFatPct: 'fat_ratio_right_arm',
  tBodyFatPct: 'fat_ratio_trunk',
  llBodyFatPct: 'fat_ratio_left_leg',
  rlBodyFatPct: 'fat_ratio_right_leg',
  z20HandL: 'impedance_20khz_left_arm',
  z20HandR: 'impedance_20khz_right_arm',
  z20Body: 'impedance_20khz_trunk',
  z20FootL: 'impedance_20khz_left_leg',
  z20FootR: 'impedance_20khz_right_leg',
  z100HandL: 'impedance_100khz_left_arm',
  z100HandR: 'impedance_100khz_right_arm',
  z100Body: 'impedance_100khz_trunk',
  z100FootL: 'impedance_100khz_left_leg',
  z100FootR: 'impedance_100khz_right_leg',
} as const satisfies Record<string, Kind>;

/** `fat_free_weight` as the new cloud writes it: `fatFreeWeight`. */
export function camelCase(snake: string): string {
  return snake.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The kind of a field of a weigh-in, by its name in either cloud. */
const fieldKinds: ReadonlyMap<string, Kind> = new Map([
  ...Object.entries(snakeKinds).flatMap(([name, kind]) => [
    [name, kind] as const,
    [camelCase(name), kind] as const,
  ]),
  ...Object.entries(eightElectrodeKinds),
]);

/** The most that a body can have, by unit; what no unit tells is in {@link mostOfKind}. */
const mostOfUnit: Readonly<Partial<Record<Unit, number>>> = {
  kg: 500,
  pct: 100,
  ohm: 100_000,
  bpm: 300,
  kcal: 20_000,
  years: 150,
  kgm2: 500,
  cm: 500,
  lminm2: 50,
};

const mostOfKind: ReadonlyMap<Kind, number> = new Map([
  ['muscle_ratio_left_arm', 1000],
  ['muscle_ratio_right_arm', 1000],
  ['muscle_ratio_trunk', 1000],
  ['muscle_ratio_left_leg', 1000],
  ['muscle_ratio_right_leg', 1000],
  // 0 is thin, but also what rows without composition have: 1 to 8 are told.
  ['body_shape', 8],
  ['visceral_fat', 100],
  ['waist_hip_ratio', 10],
  ['waist_hip_ratio_estimated', 10],
]);

const MOST = 1_000_000;

/**
 * A number of a row that somebody has measured. Undefined when it was not: it is absent, null, empty or 0, which is how
 * both clouds write that; or when it is none, or none that a body has, which is refused.
 */
export function measured(value: unknown, name: string, kind: Kind, refusals: Refusals): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = numberOf(value);
  if (number === undefined) return refusals.add('bad-value', `${name} is ${quote(value)}`);
  if (number === 0) return undefined;
  const most = mostOfKind.get(kind) ?? mostOfUnit[unitOf(kind)] ?? MOST;
  if (number < 0 || number > most) return refusals.add('implausible', `${name} is ${number}`);
  return number;
}

/** What was measured in a row, one number of a kind, in the order of the row. */
export function measurements(row: JsonObject, refusals: Refusals): Map<Kind, number> {
  const found = new Map<Kind, number>();
  for (const name in row) {
    const kind = fieldKinds.get(name);
    if (kind === undefined || found.has(kind)) continue;
    const number = measured(row[name], name, kind, refusals);
    if (number !== undefined) found.set(kind, number);
  }
  return found;
}
