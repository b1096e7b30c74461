import type { InfluxSettings } from '../../../src/sinks/index.js';
import { influxSink } from '../../../src/sinks/influx/index.js';
import type { Sink, SinkContext } from '../../../src/sinks/sink.js';

/** What a sink of InfluxDB may know, and where its warnings go. */
export function contextOf(warnings: string[] = []): SinkContext {
  return { newest: () => [], warn: (message) => warnings.push(message) };
}

/** The sink of some settings, of version 1 when nothing else is said. */
export async function sinkOf(
  settings: Partial<InfluxSettings> & { readonly url: string },
  warnings: string[] = [],
): Promise<Sink> {
  const sink = await influxSink({ version: '1', token: null, org: null, ...settings }, contextOf(warnings));
  if ('problem' in sink) throw new Error(sink.problem);
  return sink;
}
