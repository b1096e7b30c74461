import { didYouMean } from '../config/nearest.js';
import type { VendorId } from '../model/change.js';
import { UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { NameOf } from './reading-formats.js';

/** What a person may be called on a command line. */
interface Called {
  readonly key: string;
  readonly name: string;
  readonly shortName: string | null;
  readonly ids: readonly VendorId[];
}

/** What stands for weigh-ins of nobody on a command line. */
export const NOBODY = 'nobody';

/**
 * Those whom a word of a command line means: by key, or else by name, by short name, or by a vendor's id. Only the last
 * two may mean several.
 */
export function calledSo<P extends Called>(people: readonly P[], word: string): readonly P[] {
  const ways: readonly ((person: P) => boolean)[] = [
    ({ key }) => key === word,
    ({ name }) => name === word,
    ({ shortName }) => shortName === word,
    ({ ids }) => ids.some(({ id }) => id === word),
  ];
  for (const way of ways) {
    const found = people.filter(way);
    if (found.length > 0) return found;
  }
  return [];
}

/** The one person whom a word means. Throws a {@link UserError} for nobody and for several. */
export function theOneCalled<P extends Called>(people: readonly P[], word: string): P {
  const [found, ...others] = calledSo(people, word);
  if (found !== undefined && others.length === 0) return found;
  if (found === undefined) {
    const words = people.flatMap(({ key, name }) => [key, name]);
    throw new UserError(
      `nobody is called ${printable(word)}${didYouMean(word, words)} (scaletap people shows who there is)`,
    );
  }
  const keys = [found, ...others].map(({ key }) => key);
  throw new UserError(`${printable(word)} may be ${keys.join(' or ')}; write which`);
}

/** Names for the vendors' ids that readings have. */
export function namesOf(people: readonly Called[]): NameOf {
  const names = new Map(
    people.flatMap(({ name, ids }) => ids.map(({ vendor, id }) => [`${vendor} ${id}`, name])),
  );
  return (vendor, id) => names.get(`${vendor} ${id}`) ?? id;
}
