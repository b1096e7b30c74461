import { keep, recall } from '../kept.js';
import { type MassUnit, massUnits } from './units.js';

const listeners = new Set<() => void>();

/** In which unit this browser's user wants to see weights. */
export function massUnit(): MassUnit {
  const kept = recall('unit');
  return massUnits.find((unit) => unit === kept) ?? 'kg';
}

export function setMassUnit(unit: MassUnit): void {
  keep('unit', unit);
  for (const listener of [...listeners]) listener();
}

/** Calls back when another unit has been chosen, until the function that it gives is called. */
export function onMassUnit(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
