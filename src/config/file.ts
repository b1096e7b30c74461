import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { UserError } from '../model/errors.js';

/**
 * The keys of a YAML file with the texts of their values; a list has one text an item, and a key without a value
 * is left out. The text of an item of `structures` is JSON, with every scalar in it as the text that stands in the
 * file. Its own module, so that `yaml` is loaded only when there is a file.
 */
export function readYamlFile(path: string, structures: readonly string[]): Map<string, string[]> {
  const text = readText(path);
  const settings = parseYaml(path, text, 'core');
  if (settings === null || settings === undefined) return new Map();
  if (typeof settings !== 'object' || Array.isArray(settings)) {
    const what = Array.isArray(settings) ? 'a list' : 'a single value';
    throw new UserError(
      `${path}: holds ${what}; write a key and its value on each line, such as data-dir: ./data`,
    );
  }
  const found = new Map<string, string[]>();
  for (const [key, value] of Object.entries(settings)) {
    if (value === null) continue;
    const texts = structures.includes(key)
      ? itemsOf((parseYaml(path, text, 'failsafe') as Record<string, unknown>)[key]).map((item) =>
          jsonOf(item, `${path}: ${key}`),
        )
      : textsOf(value, `${path}: ${key}`);
    found.set(key, texts);
  }
  return found;
}

function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function jsonOf(value: unknown, origin: string): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause;
    throw new UserError(`${origin}: refers to itself or is nested too deeply; write it out plainly`, {
      cause,
    });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`${path}: cannot be read (${why}); name another file with --config`, { cause });
  }
}

/** By the schema `failsafe` every scalar is a text. */
function parseYaml(path: string, text: string, schema: 'core' | 'failsafe'): unknown {
  try {
    return parse(text, { logLevel: 'error', schema });
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const line = cause instanceof YAMLParseError ? cause.linePos?.[0].line : undefined;
    // The rest of the message quotes the file, in which there may be a password.
    const why = cause.message.split(/ at line \d|\n/)[0];
    throw new UserError(`${path}: is not YAML${line ? `, line ${line}` : ''}: ${why}; correct the file`, {
      cause,
    });
  }
}

function textsOf(value: unknown, origin: string): string[] {
  return itemsOf(value).map((item) => {
    if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean')
      return String(item);
    throw new UserError(
      `${origin}: holds ${item === null ? 'nothing' : 'a structure'} where a value should be`,
    );
  });
}
