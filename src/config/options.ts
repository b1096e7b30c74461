import { logLevels } from '../log.js';
import type { Person } from '../model/person.js';
import type { FailureKind } from './choices.js';
import { commandNames, exportFormats, failures, modes } from './choices.js';
import type { Option } from './option.js';
import { choice, list, number, oneOf, seconds, some, structure, text, toggle } from './option.js';
import { readPeople } from './people.js';
import {
  maskUrl,
  parseDevice,
  parseEndpoint,
  parseInfluxUrl,
  parseLanguage,
  parseResolver,
  parseSince,
  parseTimeZone,
  parseUpstream,
} from './values.js';

/**
 * The one truth about options. Flags (`--data-dir`), variables (`SCALETAP_DATA_DIR`), keys of the YAML file
 * (`data-dir`), the help, the type {@link Settings} and the tables of docs/configuration.md all come from it.
 */

const everywhere = commandNames;
const relay = ['serve'] as const;
/** Those that speak to the vendor's servers. */
const calling = ['serve', 'catch-up'] as const;
const reports = ['readings', 'exchanges'] as const;

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
  upstream: list({
    group: 'Relay',
    commands: calling,
    describe: 'One more host to relay to, or the address of a host: host, host=address or host=address:port',
    value: 'HOST[=ADDRESS]',
    default: [],
    defaultText: 'the hosts of the known vendors',
    parse: parseUpstream,
  }),
  'upstream-dns': list({
    group: 'Relay',
    commands: calling,
    describe: 'Resolvers that tell the true address of the vendor: address or address:port',
    value: 'ADDRESS',
    default: ['9.9.9.9', '1.1.1.1'],
    parse: parseResolver,
  }),

  mode: choice(modes, {
    group: 'Offline',
    commands: calling,
    describe:
      'Who answers scales: live the vendor, offline scaletap, auto the vendor or scaletap when it fails',
    default: 'auto',
  }),
  'first-byte-timeout': seconds({
    group: 'Offline',
    commands: calling,
    describe: 'Time until upstream begins to answer, in mode auto',
    default: 5,
  }),
  'answer-timeout': seconds({
    group: 'Offline',
    commands: calling,
    describe: 'Time for a whole answer of upstream once it has begun, in mode auto',
    default: 10,
  }),
  'fail-on': list<FailureKind>({
    group: 'Offline',
    commands: relay,
    describe: `What counts as a failure of upstream in mode auto, out of ${failures.join(', ')}`,
    value: 'CAUSE',
    default: failures.filter((name) => name !== 'status'),
    parse: (raw) => oneOf(failures, raw),
  }),
  'breaker-failures': number({
    group: 'Offline',
    commands: relay,
    describe: 'Failures in a row after which upstream is not asked any more, but probed, in mode auto',
    unit: 'failures',
    default: 1,
  }),
  'probe-interval': seconds({
    group: 'Offline',
    commands: relay,
    describe: 'Time between two probes of an upstream that has failed',
    default: 30,
  }),
  'max-value-age': number({
    group: 'Offline',
    commands: relay,
    describe: 'Days after which a learnt value is too old to answer with, 0 for never',
    unit: 'days',
    default: 0,
    min: 0,
    max: 36500,
  }),
  learn: choice(['always', 'never'], {
    group: 'Offline',
    commands: relay,
    describe: 'Whether values are learnt from what the vendor answers; secrets always are',
    default: 'always',
  }),
  people: structure<readonly Person[]>({
    group: 'Offline',
    commands: ['serve', 'readings'],
    describe:
      'Who lives in the house, for scales that no cloud has told; easier in the file, see docs/configuration.md',
    value: 'JSON',
    default: [],
    defaultText: 'nobody',
    mask: () => '***',
    readAll: readPeople,
  }),
  'time-zone': text<string | null>({
    group: 'Offline',
    commands: relay,
    describe: 'Time zone of the scales, by its IANA name such as Europe/Berlin',
    value: 'NAME',
    default: null,
    defaultText: "this machine's",
    parse: parseTimeZone,
  }),
  latitude: number<number | null>({
    group: 'Offline',
    commands: relay,
    describe: 'Latitude of the scales, negative in the south, for the gravity there',
    unit: 'degrees',
    default: null,
    min: -90,
    max: 90,
    fraction: true,
  }),
  altitude: number({
    group: 'Offline',
    commands: relay,
    describe: 'Height of the scales above the sea, for the gravity there',
    unit: 'metres',
    default: 0,
    min: -430,
    max: 9000,
    fraction: true,
  }),
  language: text<string | null>({
    group: 'Offline',
    commands: relay,
    describe: 'Language of the scales, such as en_GB',
    value: 'TAG',
    default: null,
    parse: parseLanguage,
  }),
  'require-auth': toggle({
    group: 'Offline',
    commands: relay,
    describe: 'Refuse scales that cannot prove who they are, where scaletap answers',
  }),
  'allow-firmware': toggle({
    group: 'Offline',
    commands: relay,
    describe: "Let the vendor's orders to load firmware or to change server through",
  }),
  'catch-up-time': seconds({
    group: 'Offline',
    commands: relay,
    describe: "How long a session's end may be held while owed measures are sent in it",
    default: 5,
  }),
  'catch-up-every': number({
    group: 'Offline',
    commands: relay,
    describe:
      'Minutes between sessions of our own, as the scale, to send owed measures (needs its secret); 0 for none',
    unit: 'minutes',
    default: 0,
    min: 0,
    max: 525_600,
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
    commands: calling,
    describe: 'Time for a connection to the vendor, look-up of its name and all its addresses together',
    default: 5,
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
    commands: [...reports, 'values', 'catch-up'],
    describe: 'Only of this device',
    value: 'ADDRESS',
    default: null,
    parse: parseDevice,
  }),
  vendor: text<string | null>({
    group: 'Output',
    commands: [...reports, 'values'],
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
    commands: ['readings', 'catch-up'],
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
    commands: ['exchanges', 'values'],
    describe: 'File that an export goes to, private to its owner',
    value: 'FILE',
    default: null,
    defaultText: 'standard output',
    parse: some,
  }),
  'show-secrets': toggle({
    group: 'Output',
    commands: ['exchanges', 'values'],
    describe: 'Show keys, passphrases and session ids instead of covering them with *',
  }),
  replace: toggle({
    group: 'Output',
    commands: ['values'],
    describe: 'Let imported values go before younger ones that are there',
  }),
  all: toggle({
    group: 'Output',
    commands: ['catch-up'],
    describe: 'Drop all that is owed',
  }),
} as const satisfies Record<string, Option>;
