import { didYouMean } from '../config/nearest.js';
import { parseVendorId } from '../config/people.js';
import {
  parseBirthDate,
  parseColour,
  parseHeight,
  parseName,
  parseSex,
  parseShortName,
} from '../config/person-fields.js';
import { InvalidValue } from '../config/values.js';
import type { PersonFacts, VendorId } from '../model/change.js';
import { UsageError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import { vendors } from '../vendors/index.js';

/** A part of what is known of a person; of the ids all of one vendor. */
export interface Given {
  readonly facts: Partial<Omit<PersonFacts, 'ids'>>;
  readonly ids: readonly { readonly vendor: VendorId['vendor']; readonly ids: readonly VendorId[] }[];
}

/** By the names that the settings have for them. A text that is empty takes away what there is, where it may. */
const fields: Readonly<Record<string, (text: string) => Partial<Given>>> = {
  name: (text) => ({ facts: { name: parseName(text) } }),
  'short-name': (text) => ({ facts: { shortName: maybe(text, parseShortName) } }),
  colour: (text) => ({ facts: { colour: maybe(text, parseColour) } }),
  'height-m': (text) => ({ facts: { heightM: maybe(text, parseHeight) } }),
  'birth-date': (text) => ({ facts: { birthDate: maybe(text, parseBirthDate) } }),
  sex: (text) => ({ facts: { sex: maybe(text, parseSex) } }),
  ...Object.fromEntries(
    vendors.map(({ name }) => [`${name}-id`, (text: string) => ({ ids: [idsOf(name, text)] })]),
  ),
};

function maybe<T>(text: string, parse: (text: string) => T): T | null {
  return text === '' ? null : parse(text);
}

/** Several ids stand with commas between them. */
function idsOf(vendor: VendorId['vendor'], text: string): Given['ids'][number] {
  const ids = text === '' ? [] : text.split(',').map(parseVendorId[vendor]);
  return { vendor, ids: [...new Set(ids)].map((id) => ({ vendor, id })) };
}

/** What words such as `height-m=1.7` say of a person. Throws a {@link UsageError}. */
export function personWords(words: readonly string[]): Given {
  const given = new Map<string, Partial<Given>>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const field = equals < 0 ? word : word.slice(0, equals);
    const parse = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (parse === undefined || equals < 0) throw notKnown(field, equals >= 0);
    if (given.has(field)) throw new UsageError(`${field} is there twice`);
    given.set(field, read(field, word.slice(equals + 1), parse));
  }
  const all = [...given.values()];
  return {
    facts: Object.assign({}, ...all.map(({ facts }) => facts)),
    ids: all.flatMap(({ ids }) => ids ?? []),
  };
}

function read<T>(field: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof InvalidValue)) throw cause;
    throw new UsageError(`${field}: ${printable(JSON.stringify(text))} ${cause.message}`);
  }
}

function notKnown(field: string, hasValue: boolean): UsageError {
  const names = Object.keys(fields);
  if (!hasValue && names.includes(field)) return new UsageError(`${field} has no value; write ${field}=...`);
  return new UsageError(
    `${printable(field)} is not known of a person${didYouMean(field, names)} (there are ${names.join(', ')}, ` +
      'each with = and what it is)',
  );
}

/** The ids of a person when those of some vendors are to be others. */
export function withIds(ids: readonly VendorId[], { ids: given }: Given): readonly VendorId[] {
  const kept = ids.filter(({ vendor }) => !given.some((each) => each.vendor === vendor));
  return [...kept, ...given.flatMap((each) => each.ids)];
}
