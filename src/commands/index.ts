import type { CommandName } from '../config/choices.js';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';

/** One command. Its module is loaded only when it runs: the relay must be up in a moment. */
export interface Action {
  /** The command whose settings it takes. It may be one of several of that name. */
  readonly option: CommandName;
  /** How it is written, in the language of yargs, with the words that follow it; none may be called as a flag is. */
  readonly usage: string;
  /** Of several, the one that needs not be named. */
  readonly isUsual?: true;
  readonly describe: string;
  readonly run: (settings: Settings, log: Log, words: readonly string[]) => Promise<number>;
}

const weighIns = () => import('./weigh-ins.js');

const people = () => import('./people.js');

const exchanges = () => import('./exchanges.js');

const values = () => import('./values.js');

const catchUp = () => import('./catch-up.js');

const ca = () => import('./ca.js');

export const actions: readonly Action[] = [
  {
    option: 'serve',
    usage: 'serve',
    isUsual: true,
    describe:
      'Relay scales and phone apps to their vendor, keep what crosses, deliver the readings (the default)',
    run: async (settings, log) => (await import('./serve.js')).run(settings, log),
  },
  {
    option: 'demo',
    usage: 'demo',
    describe: 'See it work without a scale: a stand-in for the cloud and recorded weigh-ins',
    run: async (settings, log) => (await import('./demo.js')).run(settings, log),
  },
  {
    option: 'mode',
    usage: 'mode [wanted]',
    describe: 'Show or switch the mode of a running serve: auto, live or offline',
    run: async (settings, _log, words) => (await import('./mode.js')).run(settings, words),
  },
  {
    option: 'readings',
    usage: 'readings',
    describe: 'Show readings',
    run: async (settings, log) => (await import('./readings.js')).run(settings, log),
  },
  {
    option: 'weigh-ins',
    usage: 'list',
    isUsual: true,
    describe: 'List weigh-ins and whose they are, the newest last (the default)',
    run: async (settings) => (await weighIns()).list(settings),
  },
  {
    option: 'weigh-ins',
    usage: 'give <id> <who>',
    describe: 'Say whose a weigh-in is, for good: a person, or nobody',
    run: async (settings, _log, words) => (await weighIns()).give(settings, words),
  },
  {
    option: 'weigh-ins',
    usage: 'drop <ids..>',
    describe: 'Have weigh-ins not count; they are kept',
    run: async (settings, _log, words) => (await weighIns()).drop(settings, words),
  },
  {
    option: 'weigh-ins',
    usage: 'count <ids..>',
    describe: 'Have them count again',
    run: async (settings, _log, words) => (await weighIns()).count(settings, words),
  },
  {
    option: 'weigh-ins',
    usage: 'reset <ids..>',
    describe: 'Take back what was said of them by hand',
    run: async (settings, _log, words) => (await weighIns()).reset(settings, words),
  },
  {
    option: 'people',
    usage: 'list',
    isUsual: true,
    describe: 'List people, and what they weighed last (the default)',
    run: async (settings) => (await people()).list(settings),
  },
  {
    option: 'people',
    usage: 'add <name> [facts..]',
    describe: 'Add somebody; facts are such as height-m=1.7',
    run: async (settings, _log, words) => (await people()).add(settings, words),
  },
  {
    option: 'people',
    usage: 'set <who> <facts..>',
    describe: 'Change what is known of somebody, such as name=Ana short-name=ANA',
    run: async (settings, _log, words) => (await people()).set(settings, words),
  },
  {
    option: 'people',
    usage: 'merge <who> <into>',
    describe: 'Make one of two people who are the same: all of the first goes to the second',
    run: async (settings, _log, words) => (await people()).merge(settings, words),
  },
  {
    option: 'people',
    usage: 'remove <who>',
    describe: 'Remove somebody without weigh-ins',
    run: async (settings, _log, words) => (await people()).remove(settings, words),
  },
  {
    option: 'exchanges',
    usage: 'list',
    isUsual: true,
    describe: 'List exchanges, the newest last (the default)',
    run: async (settings) => (await exchanges()).list(settings),
  },
  {
    option: 'exchanges',
    usage: 'show <id>',
    describe: 'Show one exchange: what it was, both messages, what could be read in them',
    run: async (settings, _log, words) => (await exchanges()).show(settings, words[0] ?? ''),
  },
  {
    option: 'exchanges',
    usage: 'export',
    describe: 'Write exchanges as HAR, NDJSON or .http',
    run: async (settings, log) => (await exchanges()).exportTo(settings, log),
  },
  {
    option: 'exchanges',
    usage: 'unknown',
    describe: 'Count requests that nobody has described yet, which are worth sending in',
    run: async (settings) => (await import('./unknown-exchanges.js')).unknown(settings),
  },
  {
    option: 'import',
    usage: 'import <files..>',
    describe: 'Take exchanges in from .http dumps, HAR and NDJSON',
    run: async (settings, log, words) => (await import('./import.js')).run(settings, log, words),
  },
  {
    option: 'values',
    usage: 'list',
    isUsual: true,
    describe: 'List values, without their texts (the default)',
    run: async (settings) => (await values()).list(settings),
  },
  {
    option: 'values',
    usage: 'show <address> [name]',
    describe: 'Show the values of a device',
    run: async (settings, _log, words) => (await values()).show(settings, words),
  },
  {
    option: 'values',
    usage: 'set <address> <name> <text>',
    describe: 'Set a value by hand, to a text or to that of @FILE',
    run: async (settings, _log, words) => (await values()).set(settings, words),
  },
  {
    option: 'values',
    usage: 'remove <address> <name>',
    describe: 'Take a value away',
    run: async (settings, _log, words) => (await values()).remove(settings, words),
  },
  {
    option: 'values',
    usage: 'export',
    describe: 'Write values to a JSON file',
    run: async (settings, log) => (await values()).exportTo(settings, log),
  },
  {
    option: 'values',
    usage: 'import <file>',
    describe: 'Take values in from such a file',
    run: async (settings, _log, words) => (await values()).importFrom(settings, words),
  },
  {
    option: 'values',
    usage: 'learn-secret <address>',
    describe: 'Ask the scale for its secret, once',
    run: async (settings, _log, words) => (await values()).learnSecret(settings, words),
  },
  {
    option: 'catch-up',
    usage: 'list',
    isUsual: true,
    describe: 'List measures that the cloud is or was owed (the default)',
    run: async (settings) => (await catchUp()).list(settings),
  },
  {
    option: 'catch-up',
    usage: 'send [address]',
    describe: 'Send what is owed now, in sessions of our own as the scales; needs their secrets',
    run: async (settings, log, words) => (await catchUp()).send(settings, log, words),
  },
  {
    option: 'catch-up',
    usage: 'drop [ids..]',
    describe: 'Give up what is owed, by id or --all; the readings stay',
    run: async (settings, _log, words) => (await catchUp()).drop(settings, words),
  },
  {
    option: 'ca',
    usage: 'show',
    isUsual: true,
    describe: 'Show whose certificate it is, its fingerprint and until when it holds (the default)',
    run: async (settings) => (await ca()).show(settings),
  },
  {
    option: 'ca',
    usage: 'export',
    describe: 'Write the certificate as PEM, DER or iOS profile, by the ending of --out',
    run: async (settings) => (await ca()).exportTo(settings),
  },
  {
    option: 'ca',
    usage: 'renew',
    describe: 'Make a new one and set the old one aside; phones have to be told',
    run: async (settings, log) => (await ca()).renew(settings, log),
  },
  {
    option: 'password',
    usage: 'password [what]',
    describe: 'Set the password of the page, without which other machines do not get to see it; or remove it',
    run: async (settings, _log, words) => (await import('./password.js')).run(settings, words),
  },
  {
    option: 'pull',
    usage: 'pull <from>',
    describe: "Fetch the history from a vendor's cloud (renpho) with the session that the app has",
    run: async (settings, log, words) => (await import('./pull.js')).run(settings, log, words),
  },
];

/** Commands that have commands of their own. */
export const families: readonly (readonly [name: CommandName, describe: string])[] = [
  ['weigh-ins', 'List weigh-ins, say whose they are and which count'],
  ['people', 'List, add, change, merge and remove people'],
  ['exchanges', 'List, show, follow and export what crossed'],
  ['values', 'List, show, set, export and import what offline answers are made of'],
  ['catch-up', 'List, send and drop measures that scaletap answered and owes to the cloud'],
  ['ca', 'Show, export and renew the certificate authority that phones are told to trust'],
];

/** What the help shows of it: command lines, where `$0` stands for scaletap. */
export const examples: readonly (readonly [command: string, what: string])[] = [
  ['$0', 'relay on port 80, keep everything in ./data'],
  ['$0 demo', 'see it work, without a scale'],
  ['$0 --influx-url http://nas:8086/scales', 'relay, and deliver readings to InfluxDB'],
  ['$0 readings --since 7d', 'the readings of the last seven days'],
  ['$0 exchanges --follow', 'watch what the scale says'],
  ['$0 exchanges export --out scale.har', 'for the network tools of a browser'],
  ['$0 ca', 'the certificate that phones are told to trust'],
  ['$0 pull renpho', "the history of the Renpho app's account"],
];

/** The names that lead to an action, as they are typed. */
export function pathOf({ option, usage }: Action): string[] {
  const [name = ''] = usage.split(' ', 1);
  return name === option ? [option] : [option, name];
}

/** The names of the words that follow it. */
export function wordNames({ usage }: Action): string[] {
  return [...usage.matchAll(/[<[](\w+)/g)].map(([, name = '']) => name);
}
