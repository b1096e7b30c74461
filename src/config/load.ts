import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { CommandName } from './choices.js';
import { didYouMean } from './nearest.js';
import type { Option, Structure } from './option.js';
import { options } from './options.js';
import type { OptionName, Settings } from './schema.js';
import { optionList, optionsOf, settingName, variableName } from './schema.js';
import { InvalidValue } from './values.js';

/** What the command line gave: a flag's texts as they were written, in their order. */
type Flags = ReadonlyMap<string, readonly string[]>;

/** Where settings come from, apart from the defaults. */
export interface Sources {
  readonly command: CommandName;
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Loaded {
  readonly settings: Settings;
  /** What a person should know, although it stops nothing. */
  readonly warnings: readonly string[];
  /** Every setting that is not at its default, with where it comes from, as it may be printed. */
  readonly origins: readonly string[];
}

/** The texts of one option and where they stand: `--listen`, `SCALETAP_LISTEN` or `scaletap.yaml: listen`. */
interface Given {
  readonly origin: string;
  readonly texts: readonly string[];
}

const configFile = 'scaletap.yaml';

/**
 * Settings out of flags, SCALETAP_* variables, a YAML file and the defaults, in this order. An unknown flag and
 * a value that an option does not take are a {@link UserError} that names the source; an unknown variable and an
 * unknown key of the file are warnings.
 */
export async function loadSettings({ command, flags, env }: Sources): Promise<Loaded> {
  checkFlags(command, flags);
  const variables = fromVariables(env);
  const early = (name: 'config' | 'data-dir'): string | null => {
    const option: Option<string | null> = options[name];
    const given = fromFlags(flags, name) ?? variables.get(name);
    return given === undefined ? option.default : parseOne(given, option, single(given, option));
  };
  const asked = early('config');
  const path = asked ?? [configFile, join(early('data-dir') ?? '.', configFile)].find(existsSync);
  const file = path === undefined ? new Map<string, Given>() : await fromFile(path);

  const values: Record<string, unknown> = {};
  const origins: string[] = [];
  const warnings = [...unknownVariables(env), ...unknownKeys(file)];
  for (const [name, option] of optionList()) {
    const given = fromFlags(flags, name) ?? variables.get(name) ?? file.get(name);
    const found = given === undefined ? asItIs(option.default) : parse(given, option);
    values[settingName(name)] = found.value;
    warnings.push(...found.warnings);
    if (given) origins.push(`${name} = ${printable(option.mask(given.texts.join(', ')))} (${given.origin})`);
  }
  return { settings: values as Settings, warnings, origins };
}

function checkFlags(command: CommandName, flags: Flags): void {
  const known = optionsOf(command).map(([name]) => name);
  for (const flag of flags.keys()) {
    if (known.some((name) => name === flag)) continue;
    const shown = printable(flag.length === 1 ? `-${flag}` : `--${flag}`);
    const elsewhere = optionList().find(([name]) => name === flag)?.[1].commands;
    const hint = elsewhere ? `; it belongs to ${elsewhere.join(' and ')}` : didYouMean(flag, known, '--');
    throw new UsageError(`${shown} is not a flag of scaletap ${command}${hint}`);
  }
}

function fromFlags(flags: Flags, name: OptionName): Given | undefined {
  const texts = flags.get(name);
  return texts && { origin: `--${name}`, texts };
}

/** An empty variable is one that is not set. */
function fromVariables(env: Sources['env']): Map<OptionName, Given> {
  const found = new Map<OptionName, Given>();
  for (const [name] of optionList()) {
    const origin = variableName(name);
    const text = env[origin];
    if (text) found.set(name, { origin, texts: [text] });
  }
  return found;
}

/** All keys of a YAML file, known or not. A key without a value is one that is not set. */
async function fromFile(path: string): Promise<Map<string, Given>> {
  const { readYamlFile } = await import('./file.js');
  const found = new Map<string, Given>();
  const structures = optionList().flatMap(([name, { type }]) => (type === 'structure' ? [name] : []));
  for (const [name, texts] of readYamlFile(path, structures))
    found.set(name, { origin: `${path}: ${name}`, texts });
  return found;
}

function unknownVariables(env: Sources['env']): string[] {
  const prefix = variableName('');
  const known = optionList().map(([name]) => variableName(name).slice(prefix.length));
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !known.includes(name.slice(prefix.length)))
    .map((name) => {
      const hint = didYouMean(name.slice(prefix.length), known, prefix);
      return `${name} is not a variable of scaletap and is passed over${hint}`;
    });
}

function unknownKeys(file: ReadonlyMap<string, Given>): string[] {
  const known = optionList().flatMap(([name]) => (name === 'config' ? [] : [name]));
  return [...file]
    .filter(([name]) => !known.some((option) => option === name))
    .map(([name, { origin }]) => `${origin} is not a setting and is passed over${didYouMean(name, known)}`);
}

function asItIs(value: unknown): Structure<unknown> {
  return { value, warnings: [] };
}

function parse(given: Given, option: Option): Structure<unknown> {
  if (option.readAll !== null) return parseStructure(given, option.readAll);
  if (option.type !== 'list') return asItIs(parseOne(given, option, single(given, option)));
  const items = given.texts.flatMap((text) => text.split(','));
  if (items.length === 0) throw wrong(given.origin, 'is an empty list; name something or leave it out');
  return asItIs(items.map((item) => parseOne(given, option, item.trim())));
}

function parseStructure(
  { origin, texts }: Given,
  readAll: NonNullable<Option['readAll']>,
): Structure<unknown> {
  try {
    const { value, warnings } = readAll(texts);
    return { value, warnings: warnings.map((warning) => `${origin}: ${warning}`) };
  } catch (cause) {
    if (!(cause instanceof InvalidValue)) throw cause;
    throw wrong(origin, cause.message);
  }
}

function single({ origin, texts: [text, ...more] }: Given, { type }: Option): string {
  if (text !== undefined && more.length === 0) return text;
  const problem = text === undefined ? 'is an empty list' : 'is given more than once';
  throw wrong(origin, `${problem}; it takes one ${type === 'number' ? 'number' : 'value'}`);
}

function parseOne<T>({ origin }: Given, option: Option<unknown, T>, text: string): T {
  try {
    return option.parse(text);
  } catch (cause) {
    if (!(cause instanceof InvalidValue)) throw cause;
    throw wrong(origin, `${printable(JSON.stringify(option.mask(text)))} ${cause.message}`);
  }
}

function wrong(origin: string, problem: string): UserError {
  const message = `${origin}: ${problem}`;
  return origin.startsWith('--') ? new UsageError(message) : new UserError(message);
}
