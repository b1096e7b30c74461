import type { Argv } from 'yargs';
import yargs from 'yargs';
import type { Action } from './commands/index.js';
import { actions, examples, families, pathOf, wordNames } from './commands/index.js';
import type { CommandName } from './config/choices.js';
import { commandNames } from './config/choices.js';
import { loadSettings } from './config/load.js';
import { didYouMean } from './config/nearest.js';
import { optionsOf } from './config/schema.js';
import { createLog } from './log.js';
import { UsageError } from './model/errors.js';
import { printable } from './model/escape.js';
import { version } from './version.js';

/** What one command line asks for: a command with its flags and what stands between them. */
interface Asked {
  readonly action: Action;
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
}

const epilogue =
  'Every flag is also a variable (--data-dir is SCALETAP_DATA_DIR) and a key of scaletap.yaml (data-dir).\n' +
  'The flag goes first, then the variable, then the file.';

/**
 * Runs one command line and resolves to the exit code. Rejects with a UserError for what a person can do
 * something about.
 */
export async function runCli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const asked = await understand(argv);
  if (asked === undefined) return 0;
  const { action, flags, words } = asked;
  const { settings, warnings, origins } = await loadSettings({ command: action.option, flags, env });
  const log = createLog(settings.logLevel);
  for (const warning of warnings) log.warn(warning);
  for (const origin of origins) log.debug(`setting ${origin}`);
  return action.run(settings, log, words);
}

/** Nothing when help or the version was asked for, and shown. */
async function understand(argv: readonly string[]): Promise<Asked | undefined> {
  let asked: Asked | undefined;
  const add = (parent: Argv, action: Action): Argv =>
    parent.command({
      command: action.isUsual ? [action.usage, '$0'] : action.usage,
      describe: action.describe,
      builder: (inner: Argv) => withOptions(inner, action.option),
      handler: (given) => {
        asked = { action, flags: flagsOf(given, action), words: wordsOf(given, action) };
      },
    });
  const parser = yargs([...argv])
    .scriptName('scaletap')
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .usage('scaletap stands between bathroom scales and their cloud.\n\n$0 [command] [flags]')
    .example(examples.map(([command, what]) => [command, what]))
    .epilogue(epilogue)
    .alias('help', 'h')
    .version(version())
    .group(['help', 'version'], 'General:')
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      if (error && error.name !== 'YError') throw error;
      const [, got, needed] = /^Not enough non-option.*got (\d+), need at least (\d+)/.exec(message) ?? [];
      if (needed === undefined) throw new UsageError(message);
      const more = Number(needed) - Number(got);
      throw new UsageError(`the command needs ${more === 1 ? 'one more word' : `${more} more words`}`);
    });
  for (const action of actions.filter((each) => pathOf(each).length === 1)) add(parser, action);
  for (const [name, describe] of families) {
    parser.command({
      command: name,
      describe,
      builder: (inner: Argv) => {
        for (const action of actions.filter(({ option }) => option === name)) add(inner, action);
        return withOptions(inner, name);
      },
      handler: () => undefined,
    });
  }
  await parser.parseAsync();
  return asked;
}

function withOptions(parser: Argv, command: CommandName): Argv {
  for (const [name, { type, value, describe, defaultText, group }] of optionsOf(command)) {
    parser.option(name, {
      group: `${group}:`,
      describe: `${value === '' ? '' : `${value}  `}${describe}${type === 'list' ? '; may be repeated' : ''}`,
      // Texts stay texts: the schema turns them into values, so that all sources are judged alike.
      ...(type === 'switch' ? { type: 'boolean' } : { nargs: 1, defaultDescription: defaultText }),
    });
  }
  return parser;
}

/** The flags among what yargs found. */
function flagsOf(given: Readonly<Record<string, unknown>>, action: Action): Asked['flags'] {
  const others = ['_', '$0', 'help', 'h', 'version', ...wordNames(action)];
  const flags = new Map<string, string[]>();
  for (const [name, value] of Object.entries(given)) {
    if (others.includes(name) || value === undefined) continue;
    flags.set(name, (Array.isArray(value) ? value : [value]).map(String));
  }
  return flags;
}

/** The words that follow the command, in its order; a word too many is an error. */
function wordsOf(given: Readonly<Record<string, unknown>>, action: Action): string[] {
  const path = pathOf(action);
  const typed = Array.isArray(given._) ? given._.map(String) : [];
  const known = path.filter((name, i) => typed[i] === name).length;
  const [extra] = typed.slice(known);
  if (extra !== undefined) {
    const siblings =
      known === 0
        ? commandNames
        : actions.flatMap((each) => (each.option === action.option ? pathOf(each).slice(1) : []));
    const what = known === path.length ? 'is too much' : 'is not a command';
    throw new UsageError(`${printable(extra)} ${what}${didYouMean(extra, siblings)}`);
  }
  const values = wordNames(action).flatMap((name) => given[name]);
  return values.filter((value) => value !== undefined).map(String);
}
