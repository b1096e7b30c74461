import type { InfluxSettings } from '../../../src/sinks/index.js';
import { influxSink } from '../../../src/sinks/influx/index.js';
import type { Sink } from '../../../src/sinks/sink.js';

/** The sink of some settings, of version 1 when nothing else is said. */
export async function sinkOf(settings: Partial<InfluxSettings> & { readonly url: string }): Promise<Sink> {
  const sink = await influxSink({ version: '1', token: null, org: null, ...settings });
  if ('problem' in sink) throw new Error(sink.problem);
  return sink;
}
