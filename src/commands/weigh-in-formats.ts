import type { ReadingFormat } from '../config/choices.js';
import type { KnownKind } from '../model/quantity.js';
import { localTime } from './output.js';
import type { WeighIn, WeighIns } from './weigh-ins-of.js';

/**
 * Weigh-ins of one person as other tools take them. No text from outside gets into the CSV files, only dates and
 * numbers, so that there is no formula in them for a spreadsheet to run.
 */
export const weighInFormats: Readonly<Record<ReadingFormat, (given: WeighIns) => string>> = {
  mrtg,
  openscale,
  garmin,
  // Health Connect takes no file. openScale sync gives it what openScale holds, so the file is one for openScale.
  'health-connect': openscale,
};

/**
 * What MRTG wants of an external monitoring script: four lines, the newest weight in grams, the newest fat ratio in
 * thousandths of a per cent, when the person was last weighed, and who it is; `UNKNOWN` for a number that there is
 * not. MRTG without RRDtool has integers alone, and its `Factor` multiplies both numbers, so 0.001 makes kg and per
 * cent of both. Source: mrtg-reference of MRTG 2.17, External Monitoring Scripts, Factor.
 */
function mrtg({ person, weighIns }: WeighIns): string {
  const last = weighIns.at(-1);
  const when = last === undefined ? 'no weigh-in' : `last weigh-in ${localTime(last.timeMs)}`;
  const numbers = (['weight', 'fat_ratio'] as const).map((kind) => thousandths(newest(weighIns, kind)));
  return `${[...numbers, when, plainName(person ?? 'nobody')].join('\n')}\n`;
}

function newest(weighIns: readonly WeighIn[], kind: KnownKind): number | undefined {
  return weighIns.findLast(({ values }) => values.has(kind))?.values.get(kind);
}

function thousandths(value: number | undefined): string {
  const whole = value === undefined ? Number.NaN : Math.round(value * 1000);
  return Number.isSafeInteger(whole) && whole >= 0 ? String(whole) : 'UNKNOWN';
}

/** A name on one line. MRTG puts it into a web page, and does not say that it escapes it. */
function plainName(name: string): string {
  return name.replace(/[\p{C}\p{Zl}\p{Zp}<>&"'`]/gu, '?');
}

type Column = readonly [title: string, value: (weighIn: WeighIn) => number | undefined];

/**
 * The columns of openScale, by the names that it gives its measurements, in the units that it starts with: kg for
 * weight, lean and bone mass, per cent for fat, water and muscle, none for visceral fat. What it calculates by itself
 * (BMI, BMR) is not among them.
 */
const openscaleColumns: readonly Column[] = [
  ['WEIGHT', ({ values }) => values.get('weight')],
  ['BODY_FAT', (weighIn) => weighIn.values.get('fat_ratio') ?? share(weighIn, 'fat_mass')],
  ['WATER', (weighIn) => weighIn.values.get('water') ?? share(weighIn, 'water_mass')],
  ['MUSCLE', (weighIn) => weighIn.values.get('muscle_ratio') ?? share(weighIn, 'muscle_mass')],
  ['LBM', ({ values }) => values.get('fat_free_mass')],
  ['BONE', ({ values }) => values.get('bone_mass')],
  ['VISCERAL_FAT', ({ values }) => values.get('visceral_fat')],
];

/** A mass in per cent of the weight, to the hundredth. */
function share({ values }: WeighIn, kind: KnownKind): number | undefined {
  const mass = values.get(kind);
  const weight = values.get('weight');
  if (mass === undefined || weight === undefined || weight <= 0) return undefined;
  return Number(((mass / weight) * 100).toFixed(2));
}

/**
 * The CSV that openScale 3 imports for the user who is chosen there, one row a weigh-in. It finds columns by their
 * titles, passes over empty cells, takes the time for one in the phone's zone, and passes over a row whose time it
 * has. Source: ImportExportUseCases.kt (importUserFromCsv), the default measurement types and MeasurementTypeKey of
 * openScale 3.0. openScale 2 has other titles, and refuses those that it does not know.
 */
function openscale({ weighIns }: WeighIns): string {
  const titles = ['DATE', 'TIME', ...openscaleColumns.map(([title]) => title)];
  const rows = weighIns.map((weighIn) => [
    ...dateAndTime(weighIn),
    ...openscaleColumns.map(([, value]) => numberText(value(weighIn), '')),
  ]);
  return [titles, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
}

/**
 * The CSV of Fitbit, which Garmin Connect imports: a line `Body`, a line of titles, one row a day with the weight in
 * kg, the BMI, and the fat in per cent, 0 for what there is not. Of several weigh-ins of a day it is the last, as a
 * row has no time. Garmin has not published what it takes. The titles, and numbers in quotes, are from
 * github.com/simonkrenger/apple-health-to-fitbit (README); that it takes dates such as 2026-01-31 is from
 * github.com/PhilippImhof/FromSamToGarm (weight.py of 2024), which has one more column, the height.
 */
function garmin({ weighIns }: WeighIns): string {
  const days = new Map<string, WeighIn>();
  for (const weighIn of weighIns) days.set(dateAndTime(weighIn)[0], weighIn);
  const rows = [...days].map(([day, { values }]) => {
    const numbers = (['weight', 'bmi', 'fat_ratio'] as const).map((kind) =>
      numberText(values.get(kind), '0'),
    );
    return [day, ...numbers].map((cell) => `"${cell}"`).join(',');
  });
  return ['Body', 'Date,Weight,BMI,Fat', ...rows].map((line) => `${line}\n`).join('');
}

/** `2026-01-31` and `06:30:00`, in the time zone of the machine. */
function dateAndTime({ timeMs }: WeighIn): readonly [string, string] {
  const [date = '', time = ''] = localTime(timeMs).split(' ');
  return [date, time];
}

/** With three decimals at most. */
function numberText(value: number | undefined, none: string): string {
  return value === undefined ? none : String(Number(value.toFixed(3)));
}
