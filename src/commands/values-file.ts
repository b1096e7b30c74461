import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { StoredValue } from '../store/values.js';
import { vendorNamed } from '../vendors/index.js';

const FORMAT = 'scaletap-values';
const VERSION = 1;
const MAX_BYTES = 67_108_864;

/**
 * Values as a file that another scaletap can import: JSON with the members `format`, `version`, `exported` (a time),
 * `masked` (whether secrets were left out) and `values`, a list of `{vendor, device, name, updatedAt, text}`.
 */
export function valuesFile(
  values: readonly StoredValue[],
  { masked, nowMs }: { readonly masked: boolean; readonly nowMs: number },
): string {
  const file = {
    format: FORMAT,
    version: VERSION,
    exported: new Date(nowMs).toISOString(),
    masked,
    values: values.map(({ vendor, device, name, updatedAtUs, text }) => ({
      ...{ vendor, device, name },
      updatedAt: new Date(updatedAtUs / 1000).toISOString(),
      text,
    })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * All values of such a file, judged. A time that is still to come becomes now: such a value would never give way to
 * what is learnt. Throws a {@link UserError} for a file that is not whole, not ours or of a newer scaletap, and for
 * the first value that is not right.
 */
export async function readValuesFile(path: string, nowMs: number): Promise<StoredValue[]> {
  const file = objectOf(parse(await readText(path), path));
  if (file?.format !== FORMAT) {
    throw new UserError(
      `${path} is not a file of values: it does not say "format": "${FORMAT}". scaletap values export makes one; ` +
        'exchanges are taken in by scaletap import',
    );
  }
  if (typeof file.version === 'number' && file.version > VERSION) {
    throw new UserError(
      `${path} has version ${file.version} and this scaletap knows versions up to ${VERSION}: it was written by a ` +
        'newer scaletap. Use that one',
    );
  }
  if (file.version !== VERSION)
    throw new UserError(damaged(path, 'its version is not a number that we know'));
  const { values } = file;
  if (!Array.isArray(values)) throw new UserError(damaged(path, 'it has no list of values'));
  const found = values.map((value: unknown, i) => entryOf(value, `${path}: value ${i + 1}`, nowMs));
  const seen = new Set<string>();
  for (const { vendor, device, name } of found) {
    const key = JSON.stringify([vendor, device, name]);
    if (seen.has(key)) throw new UserError(damaged(path, `${printable(name)} of ${device} is there twice`));
    seen.add(key);
  }
  return found;
}

/** The text of a file. Throws a {@link UserError} when it cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw new UserError(`${path} is too large to be read (${size} bytes); name another file`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code, syscall }: NodeJS.ErrnoException = cause instanceof Error ? cause : ({} as Error);
    if (syscall === undefined) throw cause;
    throw new UserError(`${path} cannot be read (${code}); name another file`, { cause });
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // The message of the cause quotes the file, in which there may be a secret.
    throw new UserError(damaged(path, 'it is not JSON'), { cause });
  }
}

function damaged(path: string, why: string): string {
  return `${path} is not a sound file of values: ${why}. Nothing was imported; export it again`;
}

function entryOf(given: unknown, place: string, nowMs: number): StoredValue {
  const value = objectOf(given);
  if (value === undefined) throw wrong(place, 'is not an object');
  const text = (member: string): string => {
    const found = value[member];
    if (typeof found !== 'string') throw wrong(place, `has no text ${member}`);
    return found;
  };
  const vendor = text('vendor');
  const rules = vendorNamed(vendor)?.values;
  if (rules === undefined)
    throw wrong(place, `is of the vendor ${JSON.stringify(vendor)}, which nobody knows here`);
  const device = rules.device(text('device'));
  if (device === null)
    throw wrong(place, `has ${JSON.stringify(text('device'))} for the address of a device`);
  const problem = rules.problem(text('name'), text('text'));
  if (problem !== null) throw wrong(place, `(${text('name')}) ${problem}`);
  const updatedAtMs = /^\d{4}-\d\d-\d\dT/.test(text('updatedAt'))
    ? Date.parse(text('updatedAt'))
    : Number.NaN;
  if (Number.isNaN(updatedAtMs)) throw wrong(place, 'has an updatedAt that is not a time');
  return {
    ...{ vendor, device, name: text('name'), text: text('text') },
    updatedAtUs: Math.min(updatedAtMs, nowMs) * 1000,
  };
}

function wrong(place: string, problem: string): UserError {
  return new UserError(printable(`${place} ${problem}. Nothing was imported`));
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
