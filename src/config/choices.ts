/** The closed lists of the command line and the settings. */

export const commandNames = [
  'serve',
  'demo',
  'mode',
  'readings',
  'weigh-ins',
  'people',
  'exchanges',
  'import',
  'values',
  'catch-up',
  'ca',
  'password',
  'pull',
] as const;

export type CommandName = (typeof commandNames)[number];

/** The command that relays. */
export const relay = ['serve'] as const;

/** The commands that speak to the vendors' servers. */
export const calling = ['serve', 'catch-up', 'pull'] as const;

/** Under which heading an option stands in the help and the documentation. */
export const groups = [
  'General',
  'Relay',
  'Offline',
  'Proxy',
  'Page',
  'Pull',
  'Limits',
  'Journal',
  'Readings',
  'Output',
] as const;

export const modes = ['auto', 'live', 'offline'] as const;

/** Who answers a scale: the vendor unless it fails, only the vendor, or only scaletap. */
export type Mode = (typeof modes)[number];

export const failures = [
  'lookup',
  'connect',
  'lost',
  'timeout',
  'server-error',
  'not-protocol',
  'status',
] as const;

/** What may count as a failure of upstream; `status` is one other than 0 in reply to session new. */
export type FailureKind = (typeof failures)[number];

export const exportFormats = ['har', 'ndjson', 'http'] as const;

export type ExportFormat = (typeof exportFormats)[number];

/** For other tools: MRTG and RRD, and the importers of openScale, Garmin and Health Connect. */
export const readingFormats = ['mrtg', 'openscale', 'garmin', 'health-connect'] as const;

export type ReadingFormat = (typeof readingFormats)[number];

export const influxVersions = ['1', '2', '3'] as const;
