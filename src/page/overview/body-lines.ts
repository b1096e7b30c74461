/** Which lines the charts of a person have, made of the series that the server gives. */
import type { Answers } from '../../views/shapes.js';
import { type Line, type Measure, nearest } from '../chart/data.js';
import { formatNumber } from '../words/format.js';
import { formatValue, type MassUnit, massText, massTick, plottedMass } from '../words/units.js';
import { trendOf } from './trend.js';

export type Series = Answers['series']['series'][number];

/** Such as one decimal can tell; of stones quarters, halves and whole ones. */
const massSteps: Readonly<Record<MassUnit, readonly number[]>> = {
  kg: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100],
  lb: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100],
  st: [0.5, 1, 3.5, 7, 14, 28, 70, 140],
};

/** What an axis shows at least, by the unit as the API names it: less than that is noise. */
const leastSpans: Readonly<Record<string, number>> = { '%': 2, bpm: 20, ppm: 200, '°C': 2, Ω: 40, kcal: 100 };

/** Masses at an axis: at least two kilograms of it, so that a day's water does not look like a mountain. */
function massMeasure(unit: MassUnit, decimals = 2): Measure {
  return {
    scale: 'mass',
    tick: (value) => massTick(value, unit),
    text: (value) => massText(value, unit, decimals),
    leastSpan: plottedMass(2, unit),
    steps: massSteps[unit],
  };
}

/** Any other quantity at an axis, by its unit as the API names it. */
function measureOf(unit: string, mass: MassUnit): Measure {
  if (unit === 'kg') return massMeasure(mass);
  return {
    scale: unit === '' ? 'number' : unit,
    tick: (value) => formatNumber(value, 2),
    text: (value) => formatValue(value, unit, mass),
    ...(leastSpans[unit] !== undefined && { leastSpan: leastSpans[unit] }),
  };
}

/** A series as a line. */
export function lineOf(series: Series, colour: string, mass: MassUnit, dash?: readonly number[]): Line {
  const { label, unit, timesMs } = series;
  const values = unit === 'kg' ? series.values.map((kg) => plottedMass(kg, mass)) : series.values;
  return {
    label,
    colour,
    look: 'line-dots',
    measure: measureOf(unit, mass),
    timesMs,
    values,
    ...(dash && { dash }),
  };
}

/** Weights as points, and their trend as a line. */
export function weightLines(weight: Series, colour: string, mass: MassUnit): Line[] {
  const line = lineOf(weight, colour, mass);
  const trend = trendOf(weight.timesMs, weight.values).map((kg) => plottedMass(kg, mass));
  return [
    { ...line, look: 'dots' },
    { ...line, label: 'Trend', look: 'line', values: trend, measure: massMeasure(mass, 1) },
  ];
}

/** The trend alone, under the name of its person: where several are in one chart. */
export function trendLine(
  name: string,
  weight: Series,
  colour: string,
  mass: MassUnit,
  dash?: readonly number[],
): Line {
  const [, trend] = weightLines(weight, colour, mass);
  return { ...(trend ?? lineOf(weight, colour, mass)), label: name, ...(dash && { dash }) };
}

/** What a body is made of: the share as the scale gives it, else the mass that a share is made of. */
const parts = [
  { label: 'Fat', share: 'fat_ratio', mass: 'fat_mass', colour: 'var(--series-2)', dash: undefined },
  { label: 'Muscle', share: 'muscle_ratio', mass: 'muscle_mass', colour: 'var(--series-5)', dash: [9, 4] },
  { label: 'Water', share: 'water', mass: 'water_mass', colour: 'var(--series-1)', dash: [3, 3] },
  { label: 'Bone', share: 'bone_ratio', mass: 'bone_mass', colour: 'var(--series-6)', dash: [10, 4, 2, 4] },
] as const;

/** All kinds that the charts which everybody has are made of. */
export const bodyKinds: readonly string[] = [
  'weight',
  'heart_rate',
  ...parts.flatMap(({ share, mass }) => [share, mass]),
];

/** Kinds that have a chart already when those series are there. */
export function chartedKinds(all: readonly Series[]): Set<string> {
  const has = (kind: string) => all.some((each) => each.kind === kind && each.values.length > 0);
  const shares = parts.map(({ share, mass }) => (has(share) ? share : mass));
  return new Set(['weight', 'heart_rate', ...shares]);
}

/** Fat, muscle, water and bone in per cent of the weight, as far as they are known. */
export function compositionLines(all: readonly Series[], mass: MassUnit): Line[] {
  const find = (kind: string) => all.find((each) => each.kind === kind && each.values.length > 0);
  const weight = find('weight');
  const measure: Measure = { ...measureOf('%', mass), leastSpan: 10 };
  return parts.flatMap(({ label, share, mass: kind, colour, dash }) => {
    const given = find(share);
    const made = find(kind);
    const series = given ?? (made && weight && shareOf(made, weight));
    if (series === undefined || series.values.length === 0) return [];
    return [
      { ...lineOf({ ...series, label, unit: '%' }, colour, mass, dash), measure, look: 'line' as const },
    ];
  });
}

const halfDayMs = 43_200_000;

/** A mass in per cent of the weight of that time. Where nothing was weighed within half a day, it is left out. */
function shareOf(mass: Series, weight: Series): Series {
  const rows = mass.timesMs.flatMap((timeMs, index) => {
    const at = nearest(weight.timesMs, timeMs);
    const [weighedMs, of] = [weight.timesMs[at], weight.values[at]];
    const value = mass.values[index];
    if (value === undefined || weighedMs === undefined || of === undefined || of <= 0) return [];
    return Math.abs(weighedMs - timeMs) > halfDayMs ? [] : [[timeMs, (100 * value) / of] as const];
  });
  return { ...mass, timesMs: rows.map(([timeMs]) => timeMs), values: rows.map(([, value]) => value) };
}
