import type { Kind, KnownKind } from '../../model/quantity.js';
import { isKnownKind } from '../../model/quantity.js';

/** What Home Assistant should know of a kind, besides label and unit, which the table of kinds has. */
interface Entity {
  /** One that Home Assistant has for this quantity, and that takes its unit. */
  readonly deviceClass?: string;
  /** Decimals that are shown; none given where it is no number that is read as one. */
  readonly precision?: number;
  /** For those who look into a scale, not for every day. */
  readonly diagnostic?: true;
  /** A number that stands for something: it has no mean, and no curve. */
  readonly code?: true;
}

const mass: Entity = { deviceClass: 'weight', precision: 2 };
const share: Entity = { precision: 1 };
const score: Entity = { precision: 1 };
const years: Entity = { precision: 0 };
const resistance: Entity = { precision: 0, diagnostic: true };
const girth: Entity = { deviceClass: 'distance', precision: 1 };
const temperature: Entity = { deviceClass: 'temperature', precision: 1 };
// No device class: Home Assistant has none for them, or (speed, pressure) one whose units it changes to those of the
// road and the weather. [I]
const plain: Entity = { precision: 0 };
const fine: Entity = { precision: 1 };

/** Every kind of the table. The compiler complains when one is missing. */
const entities: Readonly<Record<KnownKind, Entity>> = {
  weight: mass,
  aborted_weight: { ...mass, diagnostic: true },
  height: { deviceClass: 'distance', precision: 2 },
  bmi: fine,
  fat_ratio: share,
  fat_mass: mass,
  fat_free_mass: mass,
  fat_free_ratio: share,
  muscle_mass: mass,
  muscle_ratio: share,
  bone_mass: mass,
  bone_ratio: share,
  water: share,
  water_mass: mass,
  water_extracellular: mass,
  water_intracellular: mass,
  visceral_fat: score,
  // Not `energy`, which is for meters: this is a rate. [I]
  bmr: plain,
  metabolic_age: years,
  resistance_extra: resistance,
  resistance_intra: resistance,
  impedance: resistance,
  impedance_10khz: resistance,
  impedance_20khz: resistance,
  impedance_40khz: resistance,
  impedance_100khz: resistance,
  impedance_200khz: resistance,
  heart_rate: plain,
  diastolic_pressure: plain,
  systolic_pressure: plain,
  spo2: share,
  vo2max: fine,
  pulse_wave_velocity: fine,
  vascular_age: years,
  skin_conductance: fine,
  body_temperature: temperature,
  skin_temperature: temperature,
  room_temperature: temperature,
  room_humidity: { deviceClass: 'humidity', precision: 0 },
  co2: { deviceClass: 'carbon_dioxide', precision: 0 },
  battery: { deviceClass: 'battery', precision: 0, diagnostic: true },
  battery_voltage: { deviceClass: 'voltage', precision: 0, diagnostic: true },
  firmware: { diagnostic: true, code: true },
  skeletal_muscle: share,
  skeletal_muscle_mass: mass,
  skeletal_muscle_index: fine,
  subcutaneous_fat: share,
  protein: share,
  cardiac_index: fine,
  body_shape: { code: true },
  body_score: score,
  health_score: score,
  waist_hip_ratio: { precision: 2 },
  weight_left_foot: mass,
  weight_right_foot: mass,
  impedance_first: resistance,
  impedance_second: resistance,
  impedance_first_actual: resistance,
  impedance_second_actual: resistance,
  fat_ratio_left_arm: share,
  fat_ratio_right_arm: share,
  fat_ratio_trunk: share,
  fat_ratio_left_leg: share,
  fat_ratio_right_leg: share,
  fat_mass_left_arm: mass,
  fat_mass_right_arm: mass,
  fat_mass_trunk: mass,
  fat_mass_left_leg: mass,
  fat_mass_right_leg: mass,
  muscle_ratio_left_arm: share,
  muscle_ratio_right_arm: share,
  muscle_ratio_trunk: share,
  muscle_ratio_left_leg: share,
  muscle_ratio_right_leg: share,
  muscle_mass_left_arm: mass,
  muscle_mass_right_arm: mass,
  muscle_mass_trunk: mass,
  muscle_mass_left_leg: mass,
  muscle_mass_right_leg: mass,
  impedance_20khz_left_arm: resistance,
  impedance_20khz_right_arm: resistance,
  impedance_20khz_trunk: resistance,
  impedance_20khz_left_leg: resistance,
  impedance_20khz_right_leg: resistance,
  impedance_100khz_left_arm: resistance,
  impedance_100khz_right_arm: resistance,
  impedance_100khz_trunk: resistance,
  impedance_100khz_left_leg: resistance,
  impedance_100khz_right_leg: resistance,
  girth_neck: girth,
  girth_shoulder: girth,
  girth_chest: girth,
  girth_abdomen: girth,
  girth_waist: girth,
  girth_hip: girth,
  girth_arm: girth,
  girth_left_arm: girth,
  girth_right_arm: girth,
  girth_thigh: girth,
  girth_left_thigh: girth,
  girth_right_thigh: girth,
  girth_calf: girth,
  girth_left_calf: girth,
  girth_right_calf: girth,
  girth_neck_estimated: girth,
  girth_chest_estimated: girth,
  girth_abdomen_estimated: girth,
  girth_waist_estimated: girth,
  girth_hip_estimated: girth,
  girth_left_arm_estimated: girth,
  girth_right_arm_estimated: girth,
  girth_left_thigh_estimated: girth,
  girth_right_thigh_estimated: girth,
  waist_hip_ratio_estimated: { precision: 2 },
};

/** A kind of one vendor: what it means is not published, so it is for those who look into the scale. */
const raw: Entity = { diagnostic: true };

/** What Home Assistant should know of a kind. */
export function entityOf(kind: Kind): Entity {
  return isKnownKind(kind) ? entities[kind] : raw;
}
