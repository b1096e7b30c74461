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
