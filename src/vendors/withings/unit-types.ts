import { isKnownKind, type Kind, unitOf } from '../../model/quantity.js';

/** A base unit: what values of several unit types are brought to. Some are no unit of ours. */
type Base = 'kg' | 'm' | 'c' | 'pct' | 'bpm' | 'ppm' | 'kcal' | 'l' | 'floz' | 'lux' | 'db';

interface UnitType {
  readonly name: string;
  readonly base: Base;
  readonly toBase?: (value: number) => number;
}

function times(factor: number): (value: number) => number {
  return (value) => value * factor;
}

/**
 * The vendor's UNIT_TYPE numbers (ConstantsWs of the app, github.com/jonttsw/withings_apk), which `/v2/measure`
 * gives with every value. Only 11 and 12 have been seen from a scale. 14 is named st-lb and is read as decimal
 * stones, which is inference.
 */
const unitTypes: Readonly<Record<number, UnitType>> = {
  1: { name: 'kg', base: 'kg' },
  2: { name: 'lb', base: 'kg', toBase: times(0.45359237) },
  3: { name: 'l', base: 'l' },
  4: { name: 'fl oz', base: 'floz' },
  5: { name: 'kcal', base: 'kcal' },
  6: { name: 'm', base: 'm' },
  7: { name: 'inch', base: 'm', toBase: times(0.0254) },
  9: { name: 'bpm', base: 'bpm' },
  10: { name: 'oz', base: 'kg', toBase: times(0.028349523125) },
  11: { name: '°C', base: 'c' },
  12: { name: 'ppm', base: 'ppm' },
  13: { name: '°F', base: 'c', toBase: (value) => ((value - 32) * 5) / 9 },
  14: { name: 'st', base: 'kg', toBase: times(6.35029318) },
  15: { name: '%', base: 'pct' },
  16: { name: 'lux', base: 'lux' },
  17: { name: 'dB', base: 'db' },
  18: { name: 'km', base: 'm', toBase: times(1000) },
  19: { name: 'mile', base: 'm', toBase: times(1609.344) },
  20: { name: 'foot', base: 'm', toBase: times(0.3048) },
};

/** Digits kept after a conversion: a tenth of a gram, a tenth of a millimetre, far below what is measured. */
const DECIMALS = 4;

/**
 * A value of one unit type in the unit of its kind; converted values are rounded to four decimals. Undefined
 * when the type has no published meaning or is none that the kind can have, e.g. a weight in ppm. A kind
 * without unit of its own takes any known type and has its value in the base unit (kg, m, °C).
 */
export function inUnitOf(kind: Kind, value: number, unitType: number): number | undefined {
  const type = Object.hasOwn(unitTypes, unitType) ? unitTypes[unitType] : undefined;
  if (type === undefined || (isKnownKind(kind) && unitOf(kind) !== type.base)) return undefined;
  if (type.toBase === undefined) return value;
  // Adding zero makes -0 plain.
  const converted = Number(type.toBase(value).toFixed(DECIMALS)) + 0;
  return Number.isFinite(converted) ? converted : undefined;
}

/** The unit that a unit type means, for people. */
export function unitTypeName(unitType: number): string {
  return (Object.hasOwn(unitTypes, unitType) ? unitTypes[unitType]?.name : undefined) ?? `unit ${unitType}`;
}
