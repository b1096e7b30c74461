import { printable } from '../model/escape.js';

const LONGEST_QUOTE = 40;

/** A value as it may stand in a refusal: one line, printable, bounded. Not for anything secret. */
export function quote(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  const short = value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value;
  return printable(JSON.stringify(short));
}
