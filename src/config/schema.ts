import { logLevels } from '../log.js';
import type { NumberRange } from './values.js';
import {
  InvalidValue,
  maskUrl,
  parseDevice,
  parseEndpoint,
  parseInfluxUrl,
  parseNumber,
  parseResolver,
  parseSince,
  parseSwitch,
  parseUpstream,
} from './values.js';

/**
 * The one truth about options. Flags (`--data-dir`), variables (`SCALETAP_DATA_DIR`), keys of the YAML file
 * (`data-dir`), the help, the type {@link Settings} and the tables of docs/configuration.md all come from it.
 */

export const commandNames = ['serve', 'demo', 'readings', 'exchanges', 'import'] as const;

export type CommandName = (typeof commandNames)[number];

/** Under which heading an option stands in the help and the documentation. */
export const groups = ['General', 'Relay', 'Limits', 'Journal', 'Readings', 'Output'] as const;

/** What one option is; `T` is what its value becomes, and `Item` what one text of it becomes. */
export interface Option<T = unknown, Item = T> {
  readonly group: (typeof groups)[number];
  /** The commands that take it. */
  readonly commands: readonly CommandName[];
  readonly describe: string;
  /** A switch takes no value on the command line; a list takes several, by commas or by repetition. */
  readonly type: 'text' | 'number' | 'switch' | 'list';
  /** What stands for one value in the help: `SECONDS`; empty for a switch. */
  readonly value: string;
  readonly default: T;
  /** The default in words, where the value itself does not say it. */
  readonly defaultText: string;
  /** The value as it may be printed, for those that hold a password. */
  readonly mask: (text: string) => string;
  /** Turns one text into a value; for a list, into one item of it. Throws {@link InvalidValue}. */
  readonly parse: (text: string) => Item;
}

type Common = Pick<Option, 'group' | 'commands' | 'describe'> & { readonly defaultText?: string };

type Describing<T, Item = T> = Common &
  Pick<Option<T, Item>, 'value' | 'default' | 'parse'> &
  Partial<Pick<Option, 'mask'>>;

const plain = (text: string): string => text;

function option<T, Item = T>(type: Option['type'], given: Describing<T, Item>): Option<T, Item> {
  return { type, mask: plain, defaultText: given.default === null ? '' : String(given.default), ...given };
}

function text<T = string>(given: Describing<T>): Option<T> {
  return option('text', given);
}

function list<T>(given: Describing<readonly T[], T>): Option<readonly T[], T> {
  return option('list', { defaultText: given.default.join(', '), ...given });
}

function toggle(given: Common): Option<boolean> {
  return option('switch', { ...given, value: '', default: false, parse: parseSwitch });
}

type Counting<D> = Common & Partial<NumberRange> & Pick<NumberRange, 'unit'> & { readonly default: D };

function number<D extends number | null = number>(given: Counting<D>): Option<number | D> {
  const { min = 1, max = Number.MAX_SAFE_INTEGER, fraction = false, unit, ...rest } = given;
  const range = { unit, min, max, fraction, example: given.default ?? 50 };
  return option<number | D>('number', {
    ...rest,
    value: unit.split(' ')[0]?.toUpperCase() ?? '',
    parse: (raw) => parseNumber(raw, range),
  });
}

/** The longest time that a Node timer can wait for is 2^31 - 1 ms. */
function seconds(given: Common & { readonly default: number }): Option<number> {
  return number({ ...given, unit: 'seconds', min: 0.001, max: 2_147_483, fraction: true });
}

function choice<T extends string, const D extends T | null>(
  choices: readonly T[],
  given: Common & { readonly default: D },
): Option<T | D> {
  return option<T | D>('text', {
    ...given,
    value: choices.join('|'),
    parse: (raw) => {
      const found = choices.find((name) => name === raw.toLowerCase());
      if (found === undefined) throw new InvalidValue(`is none of ${choices.join(', ')}`);
      return found;
    },
  });
}

function some(raw: string): string {
  if (raw.trim() === '') throw new InvalidValue('is empty');
  return raw;
}

const everywhere = commandNames;
const relay = ['serve'] as const;
const reports = ['readings', 'exchanges'] as const;

export const exportFormats = ['har', 'ndjson', 'http'] as const;

export type ExportFormat = (typeof exportFormats)[number];

export const options = {
  'data-dir': text({
    group: 'General',
    commands: everywhere,
    describe: 'Folder of the database; made when it does not exist, private to its owner',
    value: 'FOLDER',
    default: './data',
    parse: some,
  }),
  config: text<string | null>({
    group: 'General',
    commands: everywhere,
    describe: 'YAML file with settings (not a key of that file)',
    value: 'FILE',
    default: null,
    defaultText: 'scaletap.yaml here or in the data folder, if there',
    parse: some,
  }),
  'log-level': choice(logLevels, {
    group: 'General',
    commands: everywhere,
    describe: 'The least urgent messages that are shown, on stderr',
    default: 'info',
  }),

  listen: list({
    group: 'Relay',
    commands: relay,
    describe: 'Where scales connect: host:port, [IPv6]:port or a port',
    value: 'HOST:PORT',
    default: [],
    defaultText: 'port 80 on all addresses, or 8081 where 80 cannot be had',
    parse: parseEndpoint,
  }),
  mode: choice(['live'], {
    group: 'Relay',
    commands: relay,
    describe: 'How scales get their answers: live relays everything to the vendor',
    default: 'live',
  }),
  upstream: list({
    group: 'Relay',
    commands: relay,
    describe: 'One more host to relay to, or the address of a host: host, host=address or host=address:port',
    value: 'HOST[=ADDRESS]',
    default: [],
    defaultText: 'the hosts of the known vendors',
    parse: parseUpstream,
  }),
  'upstream-dns': list({
    group: 'Relay',
    commands: relay,
    describe: 'Resolvers that tell the true address of the vendor: address or address:port',
    value: 'ADDRESS',
    default: ['9.9.9.9', '1.1.1.1'],
    parse: parseResolver,
  }),

  'max-connections': number({
    group: 'Limits',
    commands: relay,
    describe: 'Connections of scales at one time',
    unit: 'connections',
    default: 256,
    max: 65536,
  }),
  'max-head-bytes': number({
    group: 'Limits',
    commands: relay,
    describe: 'The longest head of a message that is read; a longer one is relayed as a tunnel',
    unit: 'bytes',
    default: 65536,
    min: 1024,
    max: 16_777_216,
  }),
  'tap-body-bytes': number({
    group: 'Limits',
    commands: relay,
    describe: 'How much of each body is kept; all of it is relayed',
    unit: 'bytes',
    default: 4_194_304,
    min: 0,
    max: 268_435_456,
  }),
  'head-timeout': seconds({
    group: 'Limits',
    commands: relay,
    describe: 'Time for the head of a request to arrive',
    default: 30,
  }),
  'connect-timeout': seconds({
    group: 'Limits',
    commands: relay,
    describe: 'Time for a connection to the vendor',
    default: 10,
  }),
  'idle-timeout': seconds({
    group: 'Limits',
    commands: relay,
    describe: 'Time without a byte after which a connection is closed',
    default: 300,
  }),

  'journal-max-age': number({
    group: 'Journal',
    commands: relay,
    describe: 'Days that exchanges are kept, 0 for ever; readings stay',
    unit: 'days',
    default: 0,
    min: 0,
    max: 36500,
  }),
  'journal-max-size': number({
    group: 'Journal',
    commands: relay,
    describe: 'MiB of exchanges that are kept, 0 for no limit; readings stay',
    unit: 'MiB',
    default: 1024,
    min: 0,
    max: 1_048_576,
  }),

  'influx-url': text<string | null>({
    group: 'Readings',
    commands: relay,
    describe: 'InfluxDB 1.x database that readings go to: http://user:password@host:8086/database',
    value: 'URL',
    default: null,
    parse: parseInfluxUrl,
    mask: maskUrl,
  }),

  since: text<number | null>({
    group: 'Output',
    commands: reports,
    describe: 'Only what is younger: 12h, 7d, 2026-01-31, 2026-01-31T06:30',
    value: 'TIME',
    default: null,
    parse: (raw) => parseSince(raw, Date.now()),
  }),
  device: text<string | null>({
    group: 'Output',
    commands: reports,
    describe: 'Only of this device',
    value: 'ADDRESS',
    default: null,
    parse: parseDevice,
  }),
  vendor: text<string | null>({
    group: 'Output',
    commands: reports,
    describe: 'Only of this vendor',
    value: 'NAME',
    default: null,
    parse: some,
  }),
  person: text<string | null>({
    group: 'Output',
    commands: ['readings'],
    describe: "Only of this person, by the vendor's user id or by short name",
    value: 'ID',
    default: null,
    parse: some,
  }),
  limit: number<number | null>({
    group: 'Output',
    commands: reports,
    describe: 'At most so many, the newest',
    unit: 'entries',
    default: null,
    defaultText: '50 for exchanges list, otherwise all',
  }),
  json: toggle({
    group: 'Output',
    commands: ['readings'],
    describe: 'One JSON object a line instead of a table',
  }),
  csv: toggle({
    group: 'Output',
    commands: ['readings'],
    describe: 'CSV instead of a table',
  }),
  follow: toggle({
    group: 'Output',
    commands: ['exchanges'],
    describe: 'Go on with new exchanges as they come, until stopped',
  }),
  format: choice(exportFormats, {
    group: 'Output',
    commands: ['exchanges'],
    describe: 'Format of an export',
    default: null,
    defaultText: 'by the suffix of --out',
  }),
  out: text<string | null>({
    group: 'Output',
    commands: ['exchanges'],
    describe: 'File that an export goes to, private to its owner',
    value: 'FILE',
    default: null,
    defaultText: 'standard output',
    parse: some,
  }),
  'show-secrets': toggle({
    group: 'Output',
    commands: ['exchanges'],
    describe: 'Show keys, passphrases and session ids instead of covering them with *',
  }),
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** Every option by its name in camel case. Times are in seconds as given, sizes in the unit of the option. */
export type Settings = {
  readonly [Name in OptionName as CamelCase<Name>]: (typeof options)[Name]['default'];
};

/** `data-dir` as the name of a setting: `dataDir`. */
export function settingName(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `data-dir` as the name of a variable: `SCALETAP_DATA_DIR`. */
export function variableName(name: string): string {
  return `SCALETAP_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** The options that a command takes, in the order of the table. */
export function optionsOf(command: CommandName): [OptionName, Option][] {
  return optionList().filter(([, { commands }]) => commands.includes(command));
}

/** All options in the order of the table. */
export function optionList(): [OptionName, Option][] {
  return Object.entries(options) as [OptionName, Option][];
}
