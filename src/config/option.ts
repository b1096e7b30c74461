import type { CommandName, groups } from './choices.js';
import type { NumberRange } from './values.js';
import { InvalidValue, parseNumber, parseSwitch } from './values.js';

/** What one option is; `T` is what its value becomes, and `Item` what one text of it becomes. */
export interface Option<T = unknown, Item = T> {
  readonly group: (typeof groups)[number];
  /** The commands that take it. */
  readonly commands: readonly CommandName[];
  readonly describe: string;
  /**
   * A switch takes no value on the command line; a list takes several, by commas or by repetition; a structure is YAML
   * in the file and JSON elsewhere.
   */
  readonly type: 'text' | 'number' | 'switch' | 'list' | 'structure';
  /** What stands for one value in the help: `SECONDS`; empty for a switch. */
  readonly value: string;
  readonly default: T;
  /** The default in words, where the value itself does not say it. */
  readonly defaultText: string;
  /** The value as it may be printed, for those that hold a password. */
  readonly mask: (text: string) => string;
  /** Turns one text into a value; for a list, into one item of it. Throws {@link InvalidValue}. */
  readonly parse: (text: string) => Item;
  /** Instead of {@link parse}, for a structure: all texts at once, each of them JSON. Throws {@link InvalidValue}. */
  readonly readAll: ((texts: readonly string[]) => Structure<T>) | null;
}

/** What a structure becomes, and what should be said about it: `item 2: hieght-m is not known ...`. */
export interface Structure<T> {
  readonly value: T;
  readonly warnings: readonly string[];
}

type Common = Pick<Option, 'group' | 'commands' | 'describe'> & { readonly defaultText?: string };

type Describing<T, Item = T> = Common &
  Pick<Option<T, Item>, 'value' | 'default' | 'parse'> &
  Partial<Pick<Option<T, Item>, 'mask' | 'readAll'>>;

const plain = (text: string): string => text;

function option<T, Item = T>(type: Option['type'], given: Describing<T, Item>): Option<T, Item> {
  const defaultText = given.default === null ? '' : String(given.default);
  return { type, mask: plain, defaultText, readAll: null, ...given };
}

export function text<T = string>(given: Describing<T>): Option<T> {
  return option('text', given);
}

export function list<T>(given: Describing<readonly T[], T>): Option<readonly T[], T> {
  return option('list', { defaultText: given.default.join(', '), ...given });
}

export function structure<T>(
  given: Omit<Describing<T>, 'parse'> & { readonly readAll: NonNullable<Option<T>['readAll']> },
): Option<T> {
  return option('structure', {
    ...given,
    parse: () => {
      throw new InvalidValue('is a structure');
    },
  });
}

export function toggle(given: Common): Option<boolean> {
  return option('switch', { ...given, value: '', default: false, parse: parseSwitch });
}

type Counting<D> = Common & Partial<NumberRange> & Pick<NumberRange, 'unit'> & { readonly default: D };

/** A whole number from 1 on, unless more is said. */
export function number<D extends number | null = number>(given: Counting<D>): Option<number | D> {
  const { min = 1, max = Number.MAX_SAFE_INTEGER, fraction = false, unit, ...rest } = given;
  const range = { unit, min, max, fraction, example: given.default ?? 50 };
  return option<number | D>('number', {
    ...rest,
    value: unit.split(' ')[0]?.toUpperCase() ?? '',
    parse: (raw) => parseNumber(raw, range),
  });
}

/** The longest time that a Node timer can wait for is 2^31 - 1 ms. */
export function seconds(given: Common & { readonly default: number }): Option<number> {
  return number({ ...given, unit: 'seconds', min: 0.001, max: 2_147_483, fraction: true });
}

/** One of several words, in whatever case it is written. */
export function choice<T extends string, const D extends T | null>(
  choices: readonly T[],
  given: Common & { readonly default: D },
): Option<T | D> {
  return option<T | D>('text', {
    ...given,
    value: choices.join('|'),
    parse: (raw) => oneOf(choices, raw),
  });
}

/** The choice that a text names. Throws {@link InvalidValue}. */
export function oneOf<T extends string>(choices: readonly T[], raw: string): T {
  const found = choices.find((name) => name === raw.toLowerCase());
  if (found === undefined) throw new InvalidValue(`is none of ${choices.join(', ')}`);
  return found;
}

/** A text that is not empty. Throws {@link InvalidValue}. */
export function some(raw: string): string {
  if (raw.trim() === '') throw new InvalidValue('is empty');
  return raw;
}
