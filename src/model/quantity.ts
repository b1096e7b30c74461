/**
 * What can be measured: the one table of kinds. A unit is written as it stands at the end of a field name
 * (`weight_kg`); {@link unitSymbols} has what people read.
 */

/** Units as they end a field name; the empty one is for bare numbers and scores. */
export const unitSymbols = {
  kg: 'kg',
  pct: '%',
  ohm: 'Ω',
  bpm: 'bpm',
  ppm: 'ppm',
  c: '°C',
  m: 'm',
  cm: 'cm',
  kcal: 'kcal',
  mps: 'm/s',
  ms: 'ms',
  mmhg: 'mmHg',
  mv: 'mV',
  us: 'µS',
  deg: '°',
  years: 'y',
  kgm2: 'kg/m²',
  mlminkg: 'ml/min/kg',
  lminm2: 'l/min/m²',
  '': '',
} as const;

export type Unit = keyof typeof unitSymbols;

interface Quantity {
  readonly label: string;
  readonly unit: Unit;
}

/** Every kind that has a meaning of its own, with its label and unit. */
export const quantities = {
  weight: { label: 'Weight', unit: 'kg' },
  aborted_weight: { label: 'Aborted weight', unit: 'kg' },
  height: { label: 'Height', unit: 'm' },
  bmi: { label: 'BMI', unit: 'kgm2' },
  fat_ratio: { label: 'Fat', unit: 'pct' },
  fat_mass: { label: 'Fat mass', unit: 'kg' },
  fat_free_mass: { label: 'Fat-free mass', unit: 'kg' },
  fat_free_ratio: { label: 'Fat-free', unit: 'pct' },
  muscle_mass: { label: 'Muscle mass', unit: 'kg' },
  muscle_ratio: { label: 'Muscle', unit: 'pct' },
  bone_mass: { label: 'Bone mass', unit: 'kg' },
  bone_ratio: { label: 'Bone', unit: 'pct' },
  water: { label: 'Water', unit: 'pct' },
  water_mass: { label: 'Water mass', unit: 'kg' },
  water_extracellular: { label: 'Extracellular water', unit: 'kg' },
  water_intracellular: { label: 'Intracellular water', unit: 'kg' },
  visceral_fat: { label: 'Visceral fat', unit: '' },
  bmr: { label: 'Basal metabolic rate', unit: 'kcal' },
  metabolic_age: { label: 'Metabolic age', unit: 'years' },
  resistance_extra: { label: 'Extracellular resistance', unit: 'ohm' },
  resistance_intra: { label: 'Intracellular resistance', unit: 'ohm' },
  impedance: { label: 'Impedance at 50 kHz', unit: 'ohm' },
  impedance_10khz: { label: 'Impedance at 10 kHz', unit: 'ohm' },
  impedance_20khz: { label: 'Impedance at 20 kHz', unit: 'ohm' },
  impedance_40khz: { label: 'Impedance at 40 kHz', unit: 'ohm' },
  impedance_100khz: { label: 'Impedance at 100 kHz', unit: 'ohm' },
  impedance_200khz: { label: 'Impedance at 200 kHz', unit: 'ohm' },
  heart_rate: { label: 'Heart rate', unit: 'bpm' },
  diastolic_pressure: { label: 'Diastolic pressure', unit: 'mmhg' },
  systolic_pressure: { label: 'Systolic pressure', unit: 'mmhg' },
  spo2: { label: 'Blood oxygen', unit: 'pct' },
  vo2max: { label: 'VO2 max', unit: 'mlminkg' },
  pulse_wave_velocity: { label: 'Pulse wave velocity', unit: 'mps' },
  vascular_age: { label: 'Vascular age', unit: 'years' },
  skin_conductance: { label: 'Skin conductance', unit: 'us' },
  body_temperature: { label: 'Body temperature', unit: 'c' },
  skin_temperature: { label: 'Skin temperature', unit: 'c' },
  room_temperature: { label: 'Room temperature', unit: 'c' },
  room_humidity: { label: 'Room humidity', unit: 'pct' },
  co2: { label: 'CO2', unit: 'ppm' },
  battery: { label: 'Battery', unit: 'pct' },
  battery_voltage: { label: 'Battery voltage', unit: 'mv' },
  firmware: { label: 'Firmware', unit: '' },
  skeletal_muscle: { label: 'Skeletal muscle', unit: 'pct' },
  skeletal_muscle_mass: { label: 'Skeletal muscle mass', unit: 'kg' },
  skeletal_muscle_index: { label: 'Skeletal muscle index', unit: 'kgm2' },
  subcutaneous_fat: { label: 'Subcutaneous fat', unit: 'pct' },
  protein: { label: 'Protein', unit: 'pct' },
  cardiac_index: { label: 'Cardiac index', unit: 'lminm2' },
  body_shape: { label: 'Body shape', unit: '' },
  body_score: { label: 'Body score', unit: '' },
  health_score: { label: 'Health score', unit: '' },
  waist_hip_ratio: { label: 'Waist to hip', unit: '' },
  weight_left_foot: { label: 'Weight on the left foot', unit: 'kg' },
  weight_right_foot: { label: 'Weight on the right foot', unit: 'kg' },
  impedance_first: { label: 'Impedance at the first frequency', unit: 'ohm' },
  impedance_second: { label: 'Impedance at the second frequency', unit: 'ohm' },
  impedance_first_actual: { label: 'Actual impedance at the first frequency', unit: 'ohm' },
  impedance_second_actual: { label: 'Actual impedance at the second frequency', unit: 'ohm' },
  fat_ratio_left_arm: { label: 'Fat of the left arm', unit: 'pct' },
  fat_ratio_right_arm: { label: 'Fat of the right arm', unit: 'pct' },
  fat_ratio_trunk: { label: 'Fat of the trunk', unit: 'pct' },
  fat_ratio_left_leg: { label: 'Fat of the left leg', unit: 'pct' },
  fat_ratio_right_leg: { label: 'Fat of the right leg', unit: 'pct' },
  fat_mass_left_arm: { label: 'Fat mass of the left arm', unit: 'kg' },
  fat_mass_right_arm: { label: 'Fat mass of the right arm', unit: 'kg' },
  fat_mass_trunk: { label: 'Fat mass of the trunk', unit: 'kg' },
  fat_mass_left_leg: { label: 'Fat mass of the left leg', unit: 'kg' },
  fat_mass_right_leg: { label: 'Fat mass of the right leg', unit: 'kg' },
  muscle_ratio_left_arm: { label: 'Muscle of the left arm', unit: 'pct' },
  muscle_ratio_right_arm: { label: 'Muscle of the right arm', unit: 'pct' },
  muscle_ratio_trunk: { label: 'Muscle of the trunk', unit: 'pct' },
  muscle_ratio_left_leg: { label: 'Muscle of the left leg', unit: 'pct' },
  muscle_ratio_right_leg: { label: 'Muscle of the right leg', unit: 'pct' },
  muscle_mass_left_arm: { label: 'Muscle mass of the left arm', unit: 'kg' },
  muscle_mass_right_arm: { label: 'Muscle mass of the right arm', unit: 'kg' },
  muscle_mass_trunk: { label: 'Muscle mass of the trunk', unit: 'kg' },
  muscle_mass_left_leg: { label: 'Muscle mass of the left leg', unit: 'kg' },
  muscle_mass_right_leg: { label: 'Muscle mass of the right leg', unit: 'kg' },
  impedance_20khz_left_arm: { label: 'Impedance at 20 kHz of the left arm', unit: 'ohm' },
  impedance_20khz_right_arm: { label: 'Impedance at 20 kHz of the right arm', unit: 'ohm' },
  impedance_20khz_trunk: { label: 'Impedance at 20 kHz of the trunk', unit: 'ohm' },
  impedance_20khz_left_leg: { label: 'Impedance at 20 kHz of the left leg', unit: 'ohm' },
  impedance_20khz_right_leg: { label: 'Impedance at 20 kHz of the right leg', unit: 'ohm' },
  impedance_100khz_left_arm: { label: 'Impedance at 100 kHz of the left arm', unit: 'ohm' },
  impedance_100khz_right_arm: { label: 'Impedance at 100 kHz of the right arm', unit: 'ohm' },
  impedance_100khz_trunk: { label: 'Impedance at 100 kHz of the trunk', unit: 'ohm' },
  impedance_100khz_left_leg: { label: 'Impedance at 100 kHz of the left leg', unit: 'ohm' },
  impedance_100khz_right_leg: { label: 'Impedance at 100 kHz of the right leg', unit: 'ohm' },
  girth_neck: { label: 'Girth of the neck', unit: 'cm' },
  girth_shoulder: { label: 'Girth of the shoulder', unit: 'cm' },
  girth_chest: { label: 'Girth of the chest', unit: 'cm' },
  girth_abdomen: { label: 'Girth of the abdomen', unit: 'cm' },
  girth_waist: { label: 'Girth of the waist', unit: 'cm' },
  girth_hip: { label: 'Girth of the hip', unit: 'cm' },
  girth_arm: { label: 'Girth of the arm', unit: 'cm' },
  girth_left_arm: { label: 'Girth of the left arm', unit: 'cm' },
  girth_right_arm: { label: 'Girth of the right arm', unit: 'cm' },
  girth_thigh: { label: 'Girth of the thigh', unit: 'cm' },
  girth_left_thigh: { label: 'Girth of the left thigh', unit: 'cm' },
  girth_right_thigh: { label: 'Girth of the right thigh', unit: 'cm' },
  girth_calf: { label: 'Girth of the calf', unit: 'cm' },
  girth_left_calf: { label: 'Girth of the left calf', unit: 'cm' },
  girth_right_calf: { label: 'Girth of the right calf', unit: 'cm' },
  girth_neck_estimated: { label: 'Estimated girth of the neck', unit: 'cm' },
  girth_chest_estimated: { label: 'Estimated girth of the chest', unit: 'cm' },
  girth_abdomen_estimated: { label: 'Estimated girth of the abdomen', unit: 'cm' },
  girth_waist_estimated: { label: 'Estimated girth of the waist', unit: 'cm' },
  girth_hip_estimated: { label: 'Estimated girth of the hip', unit: 'cm' },
  girth_left_arm_estimated: { label: 'Estimated girth of the left arm', unit: 'cm' },
  girth_right_arm_estimated: { label: 'Estimated girth of the right arm', unit: 'cm' },
  girth_left_thigh_estimated: { label: 'Estimated girth of the left thigh', unit: 'cm' },
  girth_right_thigh_estimated: { label: 'Estimated girth of the right thigh', unit: 'cm' },
  waist_hip_ratio_estimated: { label: 'Estimated waist to hip', unit: '' },
} as const satisfies Record<string, Quantity>;

/** A kind of the table. */
export type KnownKind = keyof typeof quantities;

/** A kind of one vendor whose unit nobody has published: kept under the vendor's own name, without unit. */
type RawKind = `withings_${string}` | `renpho_${string}`;

export type Kind = KnownKind | RawKind;

/** Whether a kind is of the table. */
export function isKnownKind(kind: string): kind is KnownKind {
  return Object.hasOwn(quantities, kind);
}

const scaleKinds: ReadonlySet<Kind> = new Set<KnownKind>([
  'room_temperature',
  'room_humidity',
  'co2',
  'battery',
  'battery_voltage',
  'firmware',
]);

/** Whether a kind is about the scale or the room, whoever stands there. */
export function isOfScale(kind: Kind): boolean {
  return scaleKinds.has(kind);
}

/** The unit of a kind; a raw kind has none. */
export function unitOf(kind: Kind): Unit {
  return isKnownKind(kind) ? quantities[kind].unit : '';
}

/** What people read for a kind. */
export function labelOf(kind: Kind): string {
  return isKnownKind(kind) ? quantities[kind].label : kind;
}

/** The name of a kind where it leaves the house, unit included: `weight_kg`, `firmware`, `withings_hrv`. */
export function fieldName(kind: Kind): string {
  const unit = unitOf(kind);
  return unit === '' ? kind : `${kind}_${unit}`;
}

/**
 * `mantissa` times ten to the `exponent`, correctly rounded, so that 66850 and -3 give 66.85 and no dust.
 * Undefined unless both are whole, the mantissa is exact in a double, and the result is finite and not
 * rounded to zero.
 */
export function decimal(mantissa: number, exponent: number): number | undefined {
  if (!Number.isSafeInteger(mantissa) || !Number.isSafeInteger(exponent)) return undefined;
  const value = Number(`${mantissa}e${exponent}`);
  if (!Number.isFinite(value) || (value === 0 && mantissa !== 0)) return undefined;
  return value === 0 ? 0 : value;
}
