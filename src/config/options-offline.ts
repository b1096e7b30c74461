import type { Person } from '../model/person.js';
import type { FailureKind } from './choices.js';
import { calling, failures, modes, relay } from './choices.js';
import type { Option } from './option.js';
import { choice, list, number, oneOf, seconds, structure, text, toggle } from './option.js';
import { readPeople } from './people.js';
import { parseLanguage, parseTimeZone } from './values.js';

/** Who answers scales when their vendor does not. */
export const offlineOptions = {
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
    commands: relay,
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
} as const satisfies Record<string, Option>;
