/**
 * The records of Renpho's two clouds, with the names and shapes of captures/renpho. Every number but the weight is
 * made of the weight, so that a test can tell what a row must hold.
 */

/** Which endpoint of the new cloud has a weigh-in: clients have seen rows in one, in the other, and in both. */
export type Place = 'four-electrode' | 'body-composition' | 'both';

/** Somebody stood on a scale. */
export interface WeighIn {
  /** The cloud's own, 19 digits. */
  readonly id: bigint;
  /** Whose it is. */
  readonly user: bigint;
  /** Unix seconds. */
  readonly at: number;
  readonly weightKg: number;
  readonly place: Place;
  /** Typed in by hand instead: nobody stood on a scale. */
  readonly isTypedIn: boolean;
}

export type Row = Readonly<Record<string, unknown>>;

/** The scale of every row that was not typed in. */
export const SCALE_MAC = 'A4:C1:38:00:00:07';
const HEIGHT_CM = 180;

/** Of `queryAllMeasureDataList`. */
export function fourElectrodeRow(weighIn: WeighIn): Row {
  const { id, user, at, isTypedIn } = weighIn;
  return {
    ...{ id, timeStamp: at, localCreatedAt: localTime(at), timeZone: 'Europe/London' },
    ...{ internalModel: 'ES-CS20M', scaleType: 1, scaleName: 'Elis 1', mac: isTypedIn ? '' : SCALE_MAC },
    ...{ gender: 1, height: HEIGHT_CM, heightUnit: 1, birthday: '1990-05-04', waistline: 0, hip: 0 },
    ...{ categoryType: 0, personType: 0, invalidFlag: 3, weightUnit: 1, ...bodyOf(weighIn) },
    ...{ heartRate: 0, cardiacIndex: 0, method: isTypedIn ? 0 : 18, sportFlag: 0, extraField: null },
    ...{ headValue: 0, headUnit: 0, babyPicture: null, deviceType: isTypedIn ? '00000' : '00038' },
    ...{ isAuto: isTypedIn ? 0 : 1, isNew: false, displayModuleType: 0, subUserId: user, bUserId: user },
    ...{ bodytype: 5, TW: 0, WC: 0, FC: 0, A1: 0, createdAt: isoTime(at + 8), updatedAt: isoTime(at + 8) },
  };
}

/** Of `queryBodyCompositionMeasureData`: the same and what eight electrodes tell more. */
export function bodyCompositionRow(weighIn: WeighIn): Row {
  const { weightKg } = weighIn;
  return {
    ...fourElectrodeRow(weighIn),
    ...{ internalModel: 'MorphoScan', deviceType: '00053', smmMass: share(weightKg, 0.43), smi: 8.4 },
    ...{ laMuscleMass: 3.1, raMuscleMass: 3.2, tMuscleMass: 27.4, llMuscleMass: 9.6, rlMuscleMass: 9.7 },
    ...{ laBodyFatPct: 18.2, raBodyFatPct: 17.9, tBodyFatPct: 22.4, llBodyFatPct: 20.1, rlBodyFatPct: 20.3 },
    ...{ z20HandL: 341.2, z20HandR: 338.7, z20Body: 25.1, z20FootL: 246.3, z20FootR: 244.9 },
    ...{ z100HandL: 305.8, z100HandR: 302.2, z100Body: 21.6, z100FootL: 219.4, z100FootR: 218 },
    ...{ whr: 0.88, sinewRatio: 72.1, bodyScore: 81, weightMin: 60.1, weightMax: 81.3, weightStd: 70.7 },
  };
}

/** Of the old cloud's list: fewer names, with underscores. */
export function oldRow(weighIn: WeighIn): Row {
  const { id, user, at, isTypedIn } = weighIn;
  const body = Object.entries(bodyOf(weighIn)).map(([name, value]) => [snake(name), value] as const);
  return {
    ...{ id, b_user_id: user, time_stamp: at, local_created_at: localTime(at), time_zone: 'Europe/London' },
    ...{ created_at: localTime(at + 8), created_stamp: at + 8, scale_type: 1, scale_name: 'ES-CS20M' },
    ...{ mac: isTypedIn ? '' : SCALE_MAC, internal_model: '03DE', gender: 1, height: HEIGHT_CM },
    ...{ height_unit: 1, birthday: '1990-05-04', waistline: 0, hip: 0, category_type: 0, person_type: 0 },
    ...{ weight_unit: 1, ...Object.fromEntries(body), heart_rate: 0, cardiac_index: 0 },
    ...{ method: 1, sport_flag: 0, left_weight: 0, right_weight: 0, score: 0, remark: '', stature: 0 },
  };
}

/** The names that both clouds have, in the new one's spelling. Nothing but the weight is known of a typed-in row. */
function bodyOf({ weightKg, isTypedIn }: WeighIn): Row {
  const is = isTypedIn ? 0 : 1;
  return {
    ...{ weight: weightKg, bodyfat: is * share(weightKg, 0.25), water: is * 55.2, bmr: is * 1890 },
    ...{ bodyage: is * 31, muscle: is * 47.5, bone: is * 3.4, subfat: is * 18.9, visfat: is * 9 },
    ...{
      bmi: share(weightKg, 10_000 / HEIGHT_CM ** 2),
      sinew: is * share(weightKg, 0.7),
      protein: is * 17.6,
    },
    ...{ bodyShape: is * 5, fatFreeWeight: is * share(weightKg, 0.75), resistance: is * 512 },
    ...{ secResistance: is * 460, actualResistance: is * 512, actualSecResistance: is * 460 },
  };
}

/** A part of it, in tenths. */
function share(weightKg: number, part: number): number {
  return Math.round(weightKg * part * 10) / 10;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `2026-06-11 06:41:12`. */
function localTime(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-06-11T06:41:12.000+00:00`. */
function isoTime(at: number): string {
  return new Date(at * 1000).toISOString().replace('Z', '+00:00');
}
