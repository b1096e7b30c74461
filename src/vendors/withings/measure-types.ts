import type { Kind, KnownKind } from '../../model/quantity.js';

/**
 * The measure types of the vendor, by the names of its own app: Health Mate 6.4.0 beta, class ConstantsWs, as
 * decompiled in github.com/jonttsw/withings_apk. Scales send a few of them; the rest are here so that a number
 * that turns up has a name.
 */
const names = `
  1 WEIGHT, 2 REXTRA, 3 RINTRA, 4 HEIGHT, 5 FAT_FREE_MASS, 6 FAT_PERCENT, 7 BATTLVL, 8 FAT_MASS, 9 PDIAS,
  10 PSYST, 11 FCARD, 12 TEMPERATURE, 13 HUMIDITY, 14 SLVLPK, 15 SLVLAVG, 16 R50KHZ, 17 MOTION,
  18 WEIGHTSPEED, 19 SUCKLING, 20 DRINK, 21 ACTIVITY, 22 BMI, 23 ENERGY_EXPENDED, 24 ACTIVITY_STEPS,
  25 ACTIVITY_DISTANCE, 26 ACTIVITY_ELEVATION, 27 MAX_HEART_RATE, 28 AVG_HEART_RATE,
  29 HEIGHT_ENERGY_EXPENDED_DAILY, 30 STEPS_DAILY, 31 DISTANCE_DAILY, 32 ELEVATION_DAILY, 33 ACTIVE_TIME,
  34 MET, 35 CO2, 36 STEPS, 37 ELEVATION, 38 ACTIVE_CALORIES, 39 ACTIVITY_INTENSITY, 40 DISTANCE,
  41 STEPS_DOWN, 42 ACTIVITY_SUBCATEGORY, 43 DURATION, 44 SLEEP_STATE, 45 VASISTAS_DATES,
  46 CALORIES_DAILY, 47 CALORIES_MEAL, 48 CALORIES_ACTIVE, 49 CALORIES_PASSIVE, 50 DURATION_INACTIVITY,
  51 DURATION_LOW_ACTIVITY, 52 DURATION_MEDIUM_ACTIVITY, 53 DURATION_HIGH_ACTIVITY, 54 SPO2, 55 FUEL,
  56 LUMINOSITY, 57 RESPIRATORY_RATE, 58 VOC, 59 SPORT_MOVEMENT, 60 MOVEMENT_PIM, 61 MAXIMUM_MOVEMENT,
  62 HR_PNN_50, 63 RR_PNN_600, 64 HR_RMS_NN, 65 RR_RMS_NN, 66 PRESSURE, 67 PRESSURE_VAR,
  68 AMP_PRESSURE_VAR, 69 AMP_PRESSURE_DSP, 70 LAP_POOL, 71 BODY_TEMPERATURE, 72 GPS_SPEED,
  73 SKIN_TEMPERATURE, 74 STEP_LENGTH, 75 STEP_FREQUENCY, 76 MUSCLE_MASS, 77 WATER_MASS, 78 R10KHZ,
  79 R20KHZ, 80 R100KHZ, 81 R200KHZ, 82 HRV, 83 PPT, 84 HRV_INDICATOR, 85 PPT_INDICATOR, 86 R40KHZ,
  87 CALORIES_EARNED, 88 BONE_MASS, 89 QUALITY_SCORE, 90 SPORT_MODE, 91 PWV, 93 MUSCLE_PERCENT,
  94 BONE_PERCENT, 95 WATER_PERCENT, 96 HORIZONTAL_RADIUS, 97 ALTITUDE, 98 LATITUDE, 99 LONGITUDE,
  100 DIRECTION, 101 VERTICAL_RADIUS, 102 HAIR_HEALTH_VALUE, 103 HAIR_HEALTH_CLUSTER,
  104 HAIR_DAMAGE_VALUE, 105 HAIR_DAMAGE_CLUSTER, 106 HAIR_BREAKAGE_VALUE, 107 HAIR_BREAKAGE_CLUSTER,
  108 HAIR_TANGLING_VALUE, 109 HAIR_TANGLING_CLUSTER, 110 HAIR_DRYNESS_VALUE, 111 HAIR_DRYNESS_CLUSTER,
  112 BRUSHING_QUALITY_VALUE, 113 BRUSHING_QUALITY_CLUSTER, 114 BRUSHING_FORCE_VALUE,
  115 BRUSHING_FORCE_CLUSTER, 116 BRUSHING_STROKES_VALUE, 117 BRUSHING_STROKES_CLUSTER,
  118 BRUSHING_RHYTHM_VALUE, 119 BRUSHING_RHYTHM_CLUSTER, 120 ACTIREC_FEAT, 121 SNORING,
  122 FAT_FREE_PERCENT, 123 VO2MAX, 124 TRAINING_DURATION, 125 TRAINING_LOAD, 126 PACE,
  127 ACTIVITY_CLASS, 128 ECG, 129 BREATHING_EVENT_PROBABILITY, 130 AFIB_RESULT, 131 VHD_RESULT,
  132 APNEA_HYPOPNEA_INDEX, 133 PAUSE, 134 ABORTED_WEIGHT, 135 ECG_QRS_INTERVAL_DURATION,
  136 ECG_PR_INTERVAL_DURATION, 137 ECG_QT_INTERVAL_DURATION, 138 ECG_QTC_INTERVAL_DURATION,
  139 PPG_AFIB_RESULT, 140 CHECKED_AFIB, 141 HR_STATE, 142 HR_LEVEL, 145 IRREGULAR_HEART_BEAT,
  146 VIRUS_SARS_COV_2, 147 PH, 148 SPECIFIC_GRAVITY, 149 LUTEINIZING_HORMONE, 150 HCG_HORMONE,
  151 NITRITES, 152 LEUKOCYTES, 153 HR_SD_NN, 154 HR_RMS_SD, 155 VASCULAR_AGE, 156 PWV_REACHED_COUNT,
  157 VA_REACHED_COUNT, 158 NHS_LEFT_FOOT, 159 NHS_RIGHT_FOOT, 160 BLOOD_GLUCOSE, 161 GLUCOSE_PERIOD,
  162 HR_BCGIPG, 163 HR_ECG, 164 CAN, 165 NEPHRO, 167 NHS_FEET, 168 EXTRACELLULAR_WATER,
  169 INTRACELLULAR_WATER, 170 VISCERAL_FAT_RATING, 171 VASISTAS_WALKING_DOUBLE_SUPPORT,
  172 VASISTAS_TYPE_WALKING_ASYMETRY, 173 FAT_FREE_MASS_SEGMENT, 174 FAT_MASS_SEGMENT,
  175 MUSCLE_MASS_SEGMENT, 176 R5KHZ_SEGMENT, 177 R50KHZ_SEGMENT, 178 R250KHZ_SEGMENT,
  179 SNORING_INTENSITY, 180 WALKING_STEADINESS, 181 WALKING_STEADINESS_CLASSIFICATION,
  182 IGLUCOSE_BLOOD_GLUCOSE, 183 MENSTRUATION_FLOW, 184 CYCLE_DURATION, 185 MENSTRUATION_DURATION,
  186 CYCLE_REGULARITY, 187 GPS_SPEED_ACCURACY, 188 DIRECTION_ACCURACY, 189 R6_25KHZ_SEGMENT, 190 WAIST,
  191 SUDOSCAN_HANDS_ASYMMETRY, 192 SUDOSCAN_FEET_ASYMMETRY, 193 SUDOSCAN_NORMALIZED, 194 SUDOSCAN_QOM,
  195 SG_HYDRATION_SCORE, 196 EDA_FEET, 197 EDA_LEFT_FOOT, 198 EDA_RIGHT_FOOT,
  199 DURATION_MEDIUM_HIGH_ACTIVITY, 200 PHASE_5KHZ_SEGMENT, 201 PHASE_6_25KHZ_SEGMENT,
  202 PHASE_50KHZ_SEGMENT, 203 PHASE_250KHZ_SEGMENT, 204 KETONES, 205 VITAMIN_C, 206 MOVEMENT_SCORE,
  207 BIA_ERROR, 208 CORE_BODY_TEMPERATURE, 209 PREGNANCY_DUE_DATE, 210 SUDOSCAN_ANODE_OFFSET,
  211 SUDOSCAN_ANODE_CONDUCTANCE, 212 SUDOSCAN_ANODE_CONDUCTANCE_NORMALIZED, 213 SUDOSCAN_ANODE_THRESHOLD,
  214 SUDOSCAN_ANODE_UPPER_CONDUCTANCE, 215 SUDOSCAN_ANODE_UPPER_CONDUCTANCE_NORMALIZED,
  216 SUDOSCAN_CATHODE_OFFSET, 217 SUDOSCAN_CATHODE_CONDUCTANCE,
  218 SUDOSCAN_CATHODE_CONDUCTANCE_NORMALIZED, 219 SUDOSCAN_CATHODE_THRESHOLD,
  220 SUDOSCAN_CATHODE_UPPER_CONDUCTANCE, 221 SUDOSCAN_CATHODE_UPPER_CONDUCTANCE_NORMALIZED,
  222 SUDOSCAN_IMPAIRED_GLUCOSE_TOLERANCE_PROBABILITY, 223 SUDOSCAN_INSULIN_RESISTANCE_PROBABILITY,
  224 SUDOSCAN_DIABETES_PROBABILITY, 225 SUDOSCAN_SCORE_EZSCAN, 226 BASAL_METABOLIC_RATE,
  227 METABOLIC_AGE, 228 CYCLE_CORE_BODY_TEMPERATURE, 229 GALVANIC_SKIN_RESPONSE, 1001 SLEEP_DEBUG
`;

/**
 * The types whose quantity is known, from the units of the public API and, for the bare impedances, the names
 * of the app. All others keep the vendor's name: a unit that nobody has published is not guessed.
 *
 * Not here although a like quantity exists: 7 (the app says battery level, the FHEM module says lean mass),
 * 12 and 13 (which temperature and humidity depends on the endpoint, see {@link roomType}), and the segmental
 * types 173 to 178, of which one post has several.
 */
const kinds = {
  1: 'weight',
  2: 'resistance_extra',
  3: 'resistance_intra',
  4: 'height',
  5: 'fat_free_mass',
  6: 'fat_ratio',
  8: 'fat_mass',
  9: 'diastolic_pressure',
  10: 'systolic_pressure',
  11: 'heart_rate',
  16: 'impedance',
  22: 'bmi',
  35: 'co2',
  54: 'spo2',
  71: 'body_temperature',
  73: 'skin_temperature',
  76: 'muscle_mass',
  77: 'water_mass',
  78: 'impedance_10khz',
  79: 'impedance_20khz',
  80: 'impedance_100khz',
  81: 'impedance_200khz',
  86: 'impedance_40khz',
  88: 'bone_mass',
  91: 'pulse_wave_velocity',
  93: 'muscle_ratio',
  94: 'bone_ratio',
  95: 'water',
  122: 'fat_free_ratio',
  123: 'vo2max',
  134: 'aborted_weight',
  155: 'vascular_age',
  168: 'water_extracellular',
  169: 'water_intracellular',
  170: 'visceral_fat',
  226: 'bmr',
  227: 'metabolic_age',
  229: 'skin_conductance',
} as const satisfies Record<number, KnownKind>;

/** What a scale's `/v2/measure` means by these: the air of the room that it stands in. */
const roomKinds = { 12: 'room_temperature', 13: 'room_humidity' } as const satisfies Record<
  number,
  KnownKind
>;

/** A measure type: the vendor's name and the kind of its readings. */
export interface MeasureType {
  readonly name: string;
  readonly kind: Kind;
}

function table(known: Readonly<Record<number, KnownKind>>): ReadonlyMap<number, MeasureType> {
  return new Map(
    [...names.matchAll(/(\d+) (\w+)/g)].map(([, digits, name = '']) => {
      const code = Number(digits);
      return [code, { name, kind: known[code] ?? (`withings_${name.toLowerCase()}` as const) }];
    }),
  );
}

/** Every named type by its code. */
export const measureTypes = table(kinds);

const roomTypes = table({ ...kinds, ...roomKinds });

/** A type by its code; one that the table does not have is kept under its number, as `withings_type_999`. */
export function measureType(code: number): MeasureType {
  return measureTypes.get(code) ?? { name: `TYPE_${code}`, kind: `withings_type_${code}` };
}

/** The same for a scale's `/v2/measure`. */
export function roomType(code: number): MeasureType {
  return roomTypes.get(code) ?? measureType(code);
}
