/** In which unit weights are shown. They come, and are kept, in kilograms. */
import { formatChange, formatFixed, formatNumber } from './format.js';

export const massUnits = ['kg', 'lb', 'st'] as const;

export type MassUnit = (typeof massUnits)[number];

/** The international avoirdupois pound, exact by definition; a stone has 14. */
const kgPerLb = 0.45359237;
const lbPerSt = 14;

/** The number that a chart has for a mass: kilograms, else pounds. Stones are counted in pounds there. */
export function plottedMass(kg: number, unit: MassUnit): number {
  return unit === 'kg' ? kg : kg / kgPerLb;
}

/** What such a number is called at an axis: `66.5`, `147`, `10 st 7`. */
export function massTick(plotted: number, unit: MassUnit): string {
  if (unit !== 'st') return formatNumber(plotted, 1);
  const stones = Math.floor(plotted / lbPerSt + 1e-9);
  const rest = formatNumber(plotted - stones * lbPerSt, 1);
  return rest === '0' ? `${stones} st` : `${stones} st ${rest}`;
}

/** Such a number with its unit. */
export function massText(plotted: number, unit: MassUnit, decimals = 2): string {
  return formatMass(unit === 'kg' ? plotted : plotted * kgPerLb, unit, decimals);
}

/** `66.85 kg`, `147.4 lb`, `10 st 7.4 lb`. Scales give steps of 0.01 to 0.1 kg: pounds with one decimal hold that. */
export function formatMass(kg: number, unit: MassUnit, decimals = 2): string {
  if (unit === 'kg') return `${formatNumber(kg, decimals)} kg`;
  const lb = kg / kgPerLb;
  if (unit === 'lb') return `${formatFixed(lb, 1)} lb`;
  // Tenths of a pound first, so that 13.97 lb becomes a stone and not 14.0 lb.
  const tenths = Math.round(Math.abs(lb) * 10);
  const stones = Math.floor(tenths / (10 * lbPerSt));
  const rest = formatFixed((tenths - stones * 10 * lbPerSt) / 10, 1);
  const sign = lb < 0 && tenths > 0 ? '−' : '';
  return stones === 0 ? `${sign}${rest} lb` : `${sign}${stones} st ${rest} lb`;
}

/** A change of mass: `+0.4 kg`, `−0.9 lb`. Those who count in stones tell changes in pounds. */
export function formatMassChange(kg: number, unit: MassUnit): string {
  if (unit === 'kg') return `${formatChange(kg, 1)} kg`;
  return `${formatChange(kg / kgPerLb, 1)} lb`;
}

/** How many decimals tell something, by the unit as the API names it. */
const decimalsOf: Readonly<Record<string, number>> = {
  '%': 1,
  bpm: 0,
  ppm: 0,
  '°C': 1,
  kcal: 0,
  Ω: 0,
  mV: 0,
  mmHg: 0,
  'kg/m²': 1,
  ms: 0,
  m: 2,
  cm: 1,
};

/** A value with its unit: masses in the chosen unit, all others in their own. `23.4 %`, `612 ppm`. */
export function formatValue(value: number, unit: string, mass: MassUnit): string {
  if (unit === 'kg') return formatMass(value, mass);
  const text = formatNumber(value, decimalsOf[unit] ?? 2);
  if (unit === '') return text;
  return unit === '°' ? `${text}°` : `${text} ${unit}`;
}
