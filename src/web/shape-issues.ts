import { printable } from '../model/escape.js';

/** What is wrong with a value by its shape in views/shapes.ts. */
interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly expected?: string;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly pattern?: string;
  readonly format?: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
}

/** A shape, as far as a value is judged by it and it is described. */
export interface Shape<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
  toJSONSchema(options: { readonly io: 'input' | 'output' }): object;
}

/** The first thing that is wrong, with the member that it is about: `ids.0.vendor: is none of withings, renpho`. */
export function issueText(issues: readonly Issue[], value: unknown): string {
  const [issue] = issues;
  if (issue === undefined) return 'it does not have the form that is wanted';
  const path = issue.path.map(String).join('.');
  const said = wordsOf(issue, value);
  return path === '' ? said : `${path}: ${said}`;
}

const names: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with members',
};

function wordsOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.path.length > 0 && at(value, issue.path) === undefined) return 'is missing';
      return `is not ${names[issue.expected ?? ''] ?? `of the type ${issue.expected}`}`;
    case 'too_small':
      return `is too ${comparative(issue.origin, 'small', 'short')}; at least ${amount(issue, issue.minimum)}`;
    case 'too_big':
      return `is too ${comparative(issue.origin, 'large', 'long')}; at most ${amount(issue, issue.maximum)}`;
    case 'invalid_value':
      return `is none of ${(issue.values ?? []).join(', ')}`;
    case 'unrecognized_keys':
      return `${(issue.keys ?? []).map(cut).join(', ')}: is not known here`;
    case 'invalid_format':
      // A shape may have words of its own; the usual ones name a pattern.
      if (!issue.message.startsWith('Invalid')) return issue.message;
      return issue.format === 'date' ? 'is not a day such as 1992-08-14' : `does not match ${issue.pattern}`;
    default:
      return 'does not have the form that is wanted';
  }
}

function comparative(origin: string | undefined, ofNumbers: string, ofTexts: string): string {
  return origin === 'string' || origin === 'array' ? ofTexts : ofNumbers;
}

function amount({ origin }: Issue, limit: number | bigint | undefined): string {
  const of = origin === 'string' ? ' characters' : origin === 'array' ? ' members' : '';
  return `${limit}${of}`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

/** A name that somebody else has chosen, for people. */
function cut(name: string): string {
  return printable(name.length > 40 ? `${name.slice(0, 40)}...` : name);
}
