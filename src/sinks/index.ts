import type { Sink, SinkContext } from './sink.js';

/** How InfluxDB is reached. */
export interface InfluxSettings {
  /** 1.x: `http[s]://[user:password@]host[:port]/database`; 2 and 3: `http[s]://host[:port]/bucket`. */
  readonly url: string;
  readonly version: '1' | '2' | '3';
  /** For 2 and 3. */
  readonly token: string | null;
  /** The organization, for 2. */
  readonly org: string | null;
}

/** How an MQTT broker is reached, and what it is told. */
export interface MqttSettings {
  /** `mqtt[s]://[user:password@]host[:port]` */
  readonly url: string;
  /** The first part of the topics of readings. */
  readonly topic: string;
  /** The prefix of Home Assistant's discovery topics; null for no discovery. */
  readonly discovery: string | null;
  /** PEM file of an authority that the broker is verified with, besides the system's. */
  readonly caFile: string | null;
  /** After so many days without a weigh-in a person has a problem; 0 for never. */
  readonly missingDays: number;
}

/** Where readings are to be delivered: one member for each sink, absent when it is not wanted. */
export interface SinkSettings {
  readonly influx?: InfluxSettings;
  readonly mqtt?: MqttSettings;
}

/** Why no sink can be made of its settings, for people and without anything secret. */
export interface BadSink {
  readonly problem: string;
}

type Open<S> = (settings: S, context: SinkContext) => Promise<Sink | BadSink>;

/** One line a sink. A sink's module, and the client library that it brings, is loaded only when it is wanted. */
const sinks: { readonly [Name in keyof SinkSettings]-?: Open<NonNullable<SinkSettings[Name]>> } = {
  influx: async (settings, context) => (await import('./influx/index.js')).influxSink(settings, context),
  mqtt: async (settings, context) => (await import('./mqtt/index.js')).mqttSink(settings, context),
};

/** The sinks that the settings ask for, whether they can connect or not, and what is wrong with settings that cannot be used. */
export async function openSinks(
  settings: SinkSettings,
  context: SinkContext,
): Promise<{ sinks: Sink[]; problems: string[] }> {
  const { influx, mqtt } = settings;
  const opened = await Promise.all([
    influx && sinks.influx(influx, context),
    mqtt && sinks.mqtt(mqtt, context),
  ]);
  const found = opened.filter((sink) => sink !== undefined);
  return {
    sinks: found.flatMap((sink) => ('problem' in sink ? [] : [sink])),
    problems: found.flatMap((sink) => ('problem' in sink ? [sink.problem] : [])),
  };
}
