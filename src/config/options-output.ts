import { exportFormats, readingFormats } from './choices.js';
import type { Option } from './option.js';
import { choice, number, some, text, toggle } from './option.js';
import { parseDevice, parseSince } from './values.js';

const reports = ['readings', 'weigh-ins', 'exchanges'] as const;

/** What commands print and write. */
export const outputOptions = {
  since: text<number | null>({
    group: 'Output',
    commands: [...reports, 'pull'],
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
    commands: ['readings', 'weigh-ins'],
    describe:
      "Only of this person, by key, name, short name or vendor's user id; nobody for what is of nobody",
    value: 'WHO',
    default: null,
    parse: some,
  }),
  limit: number<number | null>({
    group: 'Output',
    commands: reports,
    describe: 'At most so many, the newest',
    unit: 'entries',
    default: null,
    defaultText: '50 for exchanges list and weigh-ins list, otherwise all',
  }),
  json: toggle({
    group: 'Output',
    commands: ['readings', 'people', 'weigh-ins', 'catch-up'],
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
  format: choice([...exportFormats, ...readingFormats], {
    group: 'Output',
    commands: ['exchanges', 'readings'],
    describe: `Format of an export: ${exportFormats.join(', ')} of exchanges, ${readingFormats.join(', ')} of readings (health-connect by openScale sync)`,
    default: null,
    defaultText: 'by the suffix of --out; a table of readings',
  }),
  out: text<string | null>({
    group: 'Output',
    commands: ['exchanges', 'values', 'ca'],
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
    commands: ['catch-up', 'pull'],
    describe: 'All: drop all that is owed; pull all the history again',
  }),
} as const satisfies Record<string, Option>;
