import { calling, influxVersions, relay } from './choices.js';
import type { Option } from './option.js';
import { choice, number, seconds, some, text } from './option.js';
import { maskUrl, parseInfluxUrl, parseMqttUrl, parseTopic } from './values.js';

/** Bounds, what is kept, and where readings go. */
export const keepingOptions = {
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
    default: 16_777_216,
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
    describe:
      'InfluxDB that readings go to: http://user:password@host:8086/database; for 2 and 3 http://host:8086/bucket',
    value: 'URL',
    default: null,
    parse: parseInfluxUrl,
    mask: maskUrl,
  }),
  'influx-version': choice(influxVersions, {
    group: 'Readings',
    commands: relay,
    describe:
      'Version of that InfluxDB; 2 and 3 take a token, and a bucket or database where 1 has its database',
    default: '1',
  }),
  'influx-token': text<string | null>({
    group: 'Readings',
    commands: relay,
    describe: 'Token for InfluxDB 2 or 3',
    value: 'TOKEN',
    default: null,
    parse: some,
    mask: () => '***',
  }),
  'influx-org': text<string | null>({
    group: 'Readings',
    commands: relay,
    describe: 'Organization in InfluxDB 2',
    value: 'NAME',
    default: null,
    parse: some,
  }),
  'mqtt-url': text<string | null>({
    group: 'Readings',
    commands: relay,
    describe:
      'MQTT broker that readings go to, for Home Assistant and others: mqtt[s]://user:password@host:1883',
    value: 'URL',
    default: null,
    parse: parseMqttUrl,
    mask: maskUrl,
  }),
  'mqtt-topic': text({
    group: 'Readings',
    commands: relay,
    describe: 'First part of the MQTT topics of readings',
    value: 'TOPIC',
    default: 'scaletap',
    parse: parseTopic,
  }),
  'mqtt-discovery': text<string | null>({
    group: 'Readings',
    commands: relay,
    describe: "Prefix of Home Assistant's discovery topics; off for none",
    value: 'TOPIC',
    default: 'homeassistant',
    parse: (raw) => (raw.toLowerCase() === 'off' ? null : parseTopic(raw)),
  }),
  'mqtt-ca': text<string | null>({
    group: 'Readings',
    commands: relay,
    describe: "PEM file of certificates that the broker is verified with, besides the system's",
    value: 'FILE',
    default: null,
    parse: some,
  }),
  'missing-days': number({
    group: 'Readings',
    commands: relay,
    describe: 'Days without a weigh-in after which Home Assistant is told so, 0 for never',
    unit: 'days',
    default: 14,
    min: 0,
    max: 3650,
  }),
} as const satisfies Record<string, Option>;
