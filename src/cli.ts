import type { Argv } from 'yargs';
import yargs from 'yargs';
import type { CommandName } from './config/choices.js';
import { commandNames } from './config/choices.js';
import { loadSettings } from './config/load.js';
import { didYouMean } from './config/nearest.js';
import type { Settings } from './config/schema.js';
import { optionsOf } from './config/schema.js';
import type { Log } from './log.js';
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

/** One command. Its module is loaded only when it runs: the relay must be up in a moment. */
interface Action {
  readonly option: CommandName;
  /** The names that lead to it, as they are typed. */
  readonly path: readonly string[];
  /** How it is written, in the language of yargs; `$0` is the one that needs not be named. */
  readonly usage: string | readonly string[];
  readonly describe: string;
  /** The names of the words that follow it, if it takes any; none may be that of a flag. */
  readonly words?: readonly string[];
  readonly run: (settings: Settings, log: Log, words: readonly string[]) => Promise<number>;
}

const weighIns = () => import('./commands/weigh-ins.js');

const people = () => import('./commands/people.js');

const exchanges = () => import('./commands/exchanges.js');

const values = () => import('./commands/values.js');

const catchUp = () => import('./commands/catch-up.js');

const ca = () => import('./commands/ca.js');

const actions: readonly Action[] = [
  {
    option: 'serve',
    path: ['serve'],
    usage: ['serve', '$0'],
    describe:
      'Relay scales and phone apps to their vendor, keep what crosses, deliver the readings (the default)',
    run: async (settings, log) => (await import('./commands/serve.js')).run(settings, log),
  },
  {
    option: 'demo',
    path: ['demo'],
    usage: 'demo',
    describe: 'See it work without a scale: a stand-in for the cloud and recorded weigh-ins',
    run: async (settings, log) => (await import('./commands/demo.js')).run(settings, log),
  },
  {
    option: 'mode',
    path: ['mode'],
    usage: 'mode [wanted]',
    describe: 'Show or switch the mode of a running serve: auto, live or offline',
    words: ['wanted'],
    run: async (settings, _log, words) => (await import('./commands/mode.js')).run(settings, words),
  },
  {
    option: 'readings',
    path: ['readings'],
    usage: 'readings',
    describe: 'Show readings',
    run: async (settings, log) => (await import('./commands/readings.js')).run(settings, log),
  },
  {
    option: 'weigh-ins',
    path: ['weigh-ins', 'list'],
    usage: ['list', '$0'],
    describe: 'List weigh-ins and whose they are, the newest last (the default)',
    run: async (settings) => (await weighIns()).list(settings),
  },
  {
    option: 'weigh-ins',
    path: ['weigh-ins', 'give'],
    usage: 'give <id> <who>',
    describe: 'Say whose a weigh-in is, for good: a person, or nobody',
    words: ['id', 'who'],
    run: async (settings, _log, words) => (await weighIns()).give(settings, words),
  },
  {
    option: 'weigh-ins',
    path: ['weigh-ins', 'drop'],
    usage: 'drop <ids..>',
    describe: 'Have weigh-ins not count; they are kept',
    words: ['ids'],
    run: async (settings, _log, words) => (await weighIns()).drop(settings, words),
  },
  {
    option: 'weigh-ins',
    path: ['weigh-ins', 'count'],
    usage: 'count <ids..>',
    describe: 'Have them count again',
    words: ['ids'],
    run: async (settings, _log, words) => (await weighIns()).count(settings, words),
  },
  {
    option: 'weigh-ins',
    path: ['weigh-ins', 'reset'],
    usage: 'reset <ids..>',
    describe: 'Take back what was said of them by hand',
    words: ['ids'],
    run: async (settings, _log, words) => (await weighIns()).reset(settings, words),
  },
  {
    option: 'people',
    path: ['people', 'list'],
    usage: ['list', '$0'],
    describe: 'List people, and what they weighed last (the default)',
    run: async (settings) => (await people()).list(settings),
  },
  {
    option: 'people',
    path: ['people', 'add'],
    usage: 'add <name> [facts..]',
    describe: 'Add somebody; facts are such as height-m=1.7',
    words: ['name', 'facts'],
    run: async (settings, _log, words) => (await people()).add(settings, words),
  },
  {
    option: 'people',
    path: ['people', 'set'],
    usage: 'set <who> <facts..>',
    describe: 'Change what is known of somebody, such as name=Ana short-name=ANA',
    words: ['who', 'facts'],
    run: async (settings, _log, words) => (await people()).set(settings, words),
  },
  {
    option: 'people',
    path: ['people', 'merge'],
    usage: 'merge <who> <into>',
    describe: 'Make one of two people who are the same: all of the first goes to the second',
    words: ['who', 'into'],
    run: async (settings, _log, words) => (await people()).merge(settings, words),
  },
  {
    option: 'people',
    path: ['people', 'remove'],
    usage: 'remove <who>',
    describe: 'Remove somebody without weigh-ins',
    words: ['who'],
    run: async (settings, _log, words) => (await people()).remove(settings, words),
  },
  {
    option: 'exchanges',
    path: ['exchanges', 'list'],
    usage: ['list', '$0'],
    describe: 'List exchanges, the newest last (the default)',
    run: async (settings) => (await exchanges()).list(settings),
  },
  {
    option: 'exchanges',
    path: ['exchanges', 'show'],
    usage: 'show <id>',
    describe: 'Show one exchange: what it was, both messages, what could be read in them',
    words: ['id'],
    run: async (settings, _log, words) => (await exchanges()).show(settings, words[0] ?? ''),
  },
  {
    option: 'exchanges',
    path: ['exchanges', 'export'],
    usage: 'export',
    describe: 'Write exchanges as HAR, NDJSON or .http',
    run: async (settings, log) => (await exchanges()).exportTo(settings, log),
  },
  {
    option: 'exchanges',
    path: ['exchanges', 'unknown'],
    usage: 'unknown',
    describe: 'Count requests that nobody has described yet, which are worth sending in',
    run: async (settings) => (await import('./commands/unknown-exchanges.js')).unknown(settings),
  },
  {
    option: 'import',
    path: ['import'],
    usage: 'import <files..>',
    describe: 'Take exchanges in from .http dumps, HAR and NDJSON',
    words: ['files'],
    run: async (settings, log, words) => (await import('./commands/import.js')).run(settings, log, words),
  },
  {
    option: 'values',
    path: ['values', 'list'],
    usage: ['list', '$0'],
    describe: 'List values, without their texts (the default)',
    run: async (settings) => (await values()).list(settings),
  },
  {
    option: 'values',
    path: ['values', 'show'],
    usage: 'show <address> [name]',
    describe: 'Show the values of a device',
    words: ['address', 'name'],
    run: async (settings, _log, words) => (await values()).show(settings, words),
  },
  {
    option: 'values',
    path: ['values', 'set'],
    usage: 'set <address> <name> <text>',
    describe: 'Set a value by hand, to a text or to that of @FILE',
    words: ['address', 'name', 'text'],
    run: async (settings, _log, words) => (await values()).set(settings, words),
  },
  {
    option: 'values',
    path: ['values', 'remove'],
    usage: 'remove <address> <name>',
    describe: 'Take a value away',
    words: ['address', 'name'],
    run: async (settings, _log, words) => (await values()).remove(settings, words),
  },
  {
    option: 'values',
    path: ['values', 'export'],
    usage: 'export',
    describe: 'Write values to a JSON file',
    run: async (settings, log) => (await values()).exportTo(settings, log),
  },
  {
    option: 'values',
    path: ['values', 'import'],
    usage: 'import <file>',
    describe: 'Take values in from such a file',
    words: ['file'],
    run: async (settings, _log, words) => (await values()).importFrom(settings, words),
  },
  {
    option: 'values',
    path: ['values', 'learn-secret'],
    usage: 'learn-secret <address>',
    describe: 'Ask the scale for its secret, once',
    words: ['address'],
    run: async (settings, _log, words) => (await values()).learnSecret(settings, words),
  },
  {
    option: 'catch-up',
    path: ['catch-up', 'list'],
    usage: ['list', '$0'],
    describe: 'List measures that the cloud is or was owed (the default)',
    run: async (settings) => (await catchUp()).list(settings),
  },
  {
    option: 'catch-up',
    path: ['catch-up', 'send'],
    usage: 'send [address]',
    describe: 'Send what is owed now, in sessions of our own as the scales; needs their secrets',
    words: ['address'],
    run: async (settings, log, words) => (await catchUp()).send(settings, log, words),
  },
  {
    option: 'catch-up',
    path: ['catch-up', 'drop'],
    usage: 'drop [ids..]',
    describe: 'Give up what is owed, by id or --all; the readings stay',
    words: ['ids'],
    run: async (settings, _log, words) => (await catchUp()).drop(settings, words),
  },
  {
    option: 'ca',
    path: ['ca', 'show'],
    usage: ['show', '$0'],
    describe: 'Show whose certificate it is, its fingerprint and until when it holds (the default)',
    run: async (settings) => (await ca()).show(settings),
  },
  {
    option: 'ca',
    path: ['ca', 'export'],
    usage: 'export',
    describe: 'Write the certificate as PEM, DER or iOS profile, by the ending of --out',
    run: async (settings) => (await ca()).exportTo(settings),
  },
  {
    option: 'ca',
    path: ['ca', 'renew'],
    usage: 'renew',
    describe: 'Make a new one and set the old one aside; phones have to be told',
    run: async (settings, log) => (await ca()).renew(settings, log),
  },
  {
    option: 'password',
    path: ['password'],
    usage: 'password [what]',
    describe: 'Set the password of the page, without which other machines do not get to see it; or remove it',
    words: ['what'],
    run: async (settings, _log, words) => (await import('./commands/password.js')).run(settings, words),
  },
  {
    option: 'pull',
    path: ['pull'],
    usage: 'pull <from>',
    describe: "Fetch the history from a vendor's cloud (renpho) with the session that the app has",
    words: ['from'],
    run: async (settings, log, words) => (await import('./commands/pull.js')).run(settings, log, words),
  },
];

/** Commands that have commands of their own. */
const families: readonly (readonly [name: CommandName, describe: string])[] = [
  ['weigh-ins', 'List weigh-ins, say whose they are and which count'],
  ['people', 'List, add, change, merge and remove people'],
  ['exchanges', 'List, show, follow and export what crossed'],
  ['values', 'List, show, set, export and import what offline answers are made of'],
  ['catch-up', 'List, send and drop measures that scaletap answered and owes to the cloud'],
  ['ca', 'Show, export and renew the certificate authority that phones are told to trust'],
];

const examples: readonly (readonly [command: string, what: string])[] = [
  ['$0', 'relay on port 80, keep everything in ./data'],
  ['$0 demo', 'see it work, without a scale'],
  ['$0 --influx-url http://nas:8086/scales', 'relay, and deliver readings to InfluxDB'],
  ['$0 readings --since 7d', 'the readings of the last seven days'],
  ['$0 exchanges --follow', 'watch what the scale says'],
  ['$0 exchanges export --out scale.har', 'for the network tools of a browser'],
  ['$0 ca', 'the certificate that phones are told to trust'],
  ['$0 pull renpho', "the history of the Renpho app's account"],
];

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
      command: action.usage,
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
  for (const action of actions.filter(({ path }) => path.length === 1)) add(parser, action);
  for (const [name, describe] of families) {
    parser.command({
      command: name,
      describe,
      builder: (inner: Argv) => {
        for (const action of actions.filter(({ path }) => path.length === 2 && path[0] === name))
          add(inner, action);
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
function flagsOf(given: Readonly<Record<string, unknown>>, { words = [] }: Action): Asked['flags'] {
  const flags = new Map<string, string[]>();
  for (const [name, value] of Object.entries(given)) {
    if (['_', '$0', 'help', 'h', 'version', ...words].includes(name) || value === undefined) continue;
    flags.set(name, (Array.isArray(value) ? value : [value]).map(String));
  }
  return flags;
}

/** The words that follow the command, in its order; a word too many is an error. */
function wordsOf(given: Readonly<Record<string, unknown>>, { path, words = [] }: Action): string[] {
  const typed = Array.isArray(given._) ? given._.map(String) : [];
  const known = path.filter((name, i) => typed[i] === name).length;
  const [extra] = typed.slice(known);
  if (extra !== undefined) {
    const siblings =
      known === 0 ? commandNames : actions.flatMap((a) => (a.path[0] === path[0] ? a.path.slice(1) : []));
    const what = known === path.length ? 'is too much' : 'is not a command';
    throw new UsageError(`${printable(extra)} ${what}${didYouMean(extra, siblings)}`);
  }
  const values = words.flatMap((name) => given[name]);
  return values.filter((value) => value !== undefined).map(String);
}
