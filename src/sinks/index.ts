import type { BadInfluxUrl, InfluxUrlReason } from './influx/url.js';
import type { Sink } from './sink.js';

/** Where readings are to be delivered: one setting for each sink, absent when it is not wanted. */
export interface SinkSettings {
  /** `http[s]://[user:password@]host[:port]/database` */
  readonly influxUrl?: string;
}

/** A setting that no sink can be made of. */
export interface SinkProblem {
  readonly setting: keyof SinkSettings;
  readonly reason: InfluxUrlReason;
  /** For people: what is wrong and how to write it, without anything secret. */
  readonly message: string;
}

type Open = (value: string) => Promise<Sink | BadInfluxUrl>;

/** One line a sink. A sink's module, and the client library that it brings, is loaded only when it is wanted. */
const sinks: Record<keyof SinkSettings, Open> = {
  influxUrl: async (url) => (await import('./influx/index.js')).influxSink(url),
};

/** The sinks that the settings ask for, none of them connected yet, and the settings that cannot be used. */
export async function openSinks(settings: SinkSettings): Promise<{ sinks: Sink[]; problems: SinkProblem[] }> {
  const opened: Sink[] = [];
  const problems: SinkProblem[] = [];
  for (const setting of Object.keys(sinks) as (keyof SinkSettings)[]) {
    const value = settings[setting];
    if (value === undefined) continue;
    const sink = await sinks[setting](value);
    if ('reason' in sink) problems.push({ setting, ...sink });
    else opened.push(sink);
  }
  return { sinks: opened, problems };
}
