import { readdirSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { haveInfluxdb, type Influxd, startInfluxd } from '../servers/influxdb.js';
import { haveMosquitto, type Mosquitto, startMosquitto } from '../servers/mosquitto.js';
import { freePort } from '../servers/ports.js';
import type { Scale } from '../servers/scale.js';
import { observe } from '../sinks/mqtt/house.js';
import { haveChromium } from './browsing.js';
import { House, person, quick } from './house.js';
import { capturePath } from './scaletap.js';

/** A house whose page somebody looks at: a running scaletap, its cloud, and a scale that two people use. */
export interface LivedIn {
  readonly house: House;
  /** Knows Mic, of 77 kg, and Ana, of 60. */
  readonly scale: Scale;
  /** Of the page, with a `/` at its end; the same after a new start. */
  readonly url: string;
}

export const mic = { id: 1744475, name: 'MIC', key: 'withings-1744475' } as const;
export const ana = { id: 1744476, name: 'ANA', key: 'withings-1744476' } as const;

/** Opens one, in which both have been weighed once, at 77 and at 60 kg. */
export async function livedIn(flags: readonly string[] = [], secret = '0123456789abcdef'): Promise<LivedIn> {
  const port = await freePort();
  const house = await House.open([...quick, '--web-listen', `127.0.0.1:${port}`, ...flags]);
  const scale = house.scale({ secret }, [person(mic.id, mic.name, 77), person(ana.id, ana.name, 60)]);
  await house.firstVisit(scale);
  scale.weigh(77);
  scale.weigh(60);
  await scale.visit();
  return { house, scale, url: `http://127.0.0.1:${port}/` };
}

/** Brings the sessions of the captures into the journal. */
export async function importCaptures({ house }: LivedIn): Promise<void> {
  const all = readdirSync(capturePath('')).filter((name) => name.endsWith('.http'));
  await house.command('import', ...all.map(capturePath));
}

/** For `describe.skipIf(!haveAll)`. */
export const haveAll = haveChromium && haveInfluxdb && haveMosquitto;

/** Real servers that readings are delivered to. */
export interface Delivered {
  readonly flags: readonly string[];
  readonly influxd: Influxd;
  readonly mosquitto: Mosquitto;
  /** Every weight in InfluxDB as `MIC 77`, the oldest first. */
  weights(): Promise<string[]>;
  /** What a topic of Home Assistant's or ours has retained, as JSON. */
  retained(topic: string): Promise<Record<string, unknown> | undefined>;
}

/** Starts InfluxDB and Mosquitto; both end with the test. */
export async function startSinks(): Promise<Delivered> {
  const [influxd, mosquitto] = await Promise.all([startInfluxd(), startMosquitto()]);
  onTestFinished(async () => {
    await Promise.all([influxd.remove(), mosquitto.remove()]);
  });
  const url = `${influxd.url}/scales`;
  return {
    influxd,
    mosquitto,
    flags: ['--influx-url', url, '--mqtt-url', `mqtt://127.0.0.1:${mosquitto.port}`],
    async weights() {
      const found = await influxd.query(
        'SELECT "weight_kg" FROM "scaletap" GROUP BY "person", "device"',
        'scales',
      );
      return found
        .flatMap(({ tags, values }) =>
          values.map(([time, kg]) => ({ time: Number(time), text: `${tags?.person} ${kg}` })),
        )
        .sort((a, b) => a.time - b.time)
        .map(({ text }) => text);
    },
    async retained(topic) {
      const observer = await observe(mosquitto.port);
      const text = (await observer.retained()).get(topic);
      await observer.close();
      return text === undefined ? undefined : JSON.parse(text);
    },
  };
}
