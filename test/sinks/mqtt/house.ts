import { connectAsync } from 'mqtt';
import { expect, vi } from 'vitest';
import type { KeptReading, ReadingDraft } from '../../../src/model/reading.js';
import { MqttSink } from '../../../src/sinks/mqtt/index.js';
import type { House } from '../../../src/sinks/mqtt/messages.js';
import { type MqttTarget, mqttTarget } from '../../../src/sinks/mqtt/target.js';
import type { SinkContext } from '../../../src/sinks/sink.js';
import { exchangesOf, Memory } from '../../vendors/withings/exchanges.js';
import { kept, keptReading } from '../readings.js';

/** A house for the tests: readings, the store that a sink may ask, and sinks that are closed at the end. */

export const house: House = {
  topic: 'scaletap',
  discovery: 'homeassistant',
  missingDays: 14,
  version: '0.1.0',
};

export const day = Date.UTC(2026, 10, 20);
export const DAY_MS = 86_400_000;
export const annaKey = 'withings-1744475';

/** A reading of Anna's, who has the id 1744475 at Withings; or of somebody else. */
export function anna(draft: Partial<ReadingDraft> = {}, over: Partial<KeptReading> = {}): KeptReading {
  const found = keptReading({
    kind: 'weight',
    value: 66.85,
    timeMs: day,
    device: '00:24:e4:06:59:dc',
    vendor: 'withings',
    person: '1744475',
    ...draft,
  });
  const isAnna = found.owner?.key === annaKey;
  return { ...found, ...(isAnna && { owner: { key: annaKey, name: 'Anna' } }), ...over };
}

/** What scales and a pull bring: the weigh-ins of two captures. */
export function captured(): KeptReading[] {
  const captures = ['wbs01-weigh-in.http', 'ws50-weigh-in.http'] as const;
  return captures
    .flatMap((capture) => new Memory().play(exchangesOf(capture)))
    .flatMap(({ readings }) => readings.map((each) => kept(each)));
}

/** The store: what a sink can ask of it. It may be `broken`. */
export class Known implements SinkContext {
  readings: readonly KeptReading[];
  broken = false;
  readonly warnings: string[] = [];

  constructor(readings: readonly KeptReading[] = []) {
    this.readings = readings;
  }

  newest(): readonly KeptReading[] {
    if (this.broken) throw new Error('database is locked');
    return this.readings;
  }

  warn(message: string): void {
    this.warnings.push(message);
  }
}

const opened: MqttSink[] = [];

export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((sink) => sink.close()));
}

async function targetOf(url: string, caFile: string | null = null): Promise<MqttTarget> {
  const target = await mqttTarget(url, caFile);
  if ('problem' in target) throw new Error(target.problem);
  return target;
}

/** A sink at `port`, or at a URL, that is impatient. */
export async function sinkAt(
  at: number | string,
  context: SinkContext,
  {
    caFile,
    ...over
  }: Partial<House> & { caFile?: string; now?: () => number; lookEveryMs?: number; deliverMs?: number } = {},
): Promise<MqttSink> {
  const target = await targetOf(typeof at === 'number' ? `mqtt://127.0.0.1:${at}` : at, caFile);
  const { now = () => day, lookEveryMs = 3_600_000, deliverMs = 4_000, ...rest } = over;
  const options = { timeoutMs: 1_000, deliverMs, lookEveryMs, now };
  const sink = new MqttSink(target, { ...house, ...rest }, context, options);
  opened.push(sink);
  return sink;
}

/** Waits for what is to come, at most five seconds. */
export function soon<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 5_000, interval: 20 });
}

/** A second client at the broker, as Home Assistant would be one. */
export interface Observer {
  /** Every retained message as it is now, by topic. */
  retained(): Promise<Map<string, string>>;
  /** The messages that have come since it subscribed, or since the last call, in order. */
  heard(): Promise<[topic: string, payload: string][]>;
  publish(topic: string, payload: string, retain?: boolean): Promise<void>;
  close(): Promise<void>;
}

export async function observe(port: number): Promise<Observer> {
  const connection = () =>
    connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 0 });
  const client = await connection();
  const heard: [string, string][] = [];
  let marks = 0;
  client.on('message', (topic, payload, { retain }) => {
    if (!retain) heard.push([topic, payload.toString()]);
  });
  await client.subscribeAsync('#', { qos: 1 });
  return {
    async retained() {
      const other = await connection();
      const found = new Map<string, string>();
      const ended = new Promise<void>((resolve) => {
        other.on('message', (topic, payload, { retain }) => {
          if (retain) found.set(topic, payload.toString());
          else if (topic === 'end-of-retained') resolve();
        });
      });
      await other.subscribeAsync('#', { qos: 0 });
      // Mosquitto sends what is retained before it handles the next packet.
      await other.publishAsync('end-of-retained', 'x');
      await ended;
      await other.endAsync();
      return found;
    },
    async heard() {
      // What the broker had before this message comes before it.
      const mark = `end-of-heard/${++marks}`;
      await client.publishAsync(mark, 'x', { qos: 1 });
      const at = () => heard.findIndex(([topic]) => topic === mark);
      await soon(() => expect(at()).toBeGreaterThanOrEqual(0));
      const all = heard.splice(0, at() + 1).filter(([topic]) => !topic.startsWith('end-of-'));
      return all;
    },
    async publish(topic, payload, retain = false) {
      await client.publishAsync(topic, payload, { qos: 1, retain });
    },
    close: () => client.endAsync(true),
  };
}
