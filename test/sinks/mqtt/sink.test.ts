import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DeliveryLoop } from '../../../src/sinks/delivery.js';
import { haveMosquitto, type Mosquitto, startMosquitto } from '../../servers/mosquitto.js';
import { MemoryPlace } from '../memory-place.js';
import { keptWeights } from '../readings.js';
import { complaints } from './home-assistant.js';
import {
  anna,
  annaKey,
  captured,
  closeAll,
  DAY_MS,
  day,
  Known,
  type Observer,
  observe,
  sinkAt,
  soon,
} from './house.js';

// The sink against a real broker that anybody may use. Who may not is in rights.test.ts, a broker that fails or is
// none in trouble.test.ts.

const config = 'homeassistant/device/scaletap_person_withings-1744475/config';
const state = 'scaletap/person/withings-1744475';
const scaleConfig = 'homeassistant/device/scaletap_scale_withings_0024e40659dc/config';
const delivered = { kind: 'delivered' };

describe.skipIf(!haveMosquitto)('a broker', () => {
  let broker: Mosquitto;
  let observer: Observer;

  beforeAll(async () => {
    broker = await startMosquitto();
  });
  beforeEach(async () => {
    observer = await observe(broker.port);
  });
  afterEach(async () => {
    await closeAll();
    for (const topic of (await observer.retained()).keys()) await observer.publish(topic, '', true);
    await observer.close();
  });
  afterAll(() => broker.remove());

  const retained = async (topic: string) => (await observer.retained()).get(topic);
  const stateNow = async () => JSON.parse((await retained(state)) ?? '{}') as Record<string, unknown>;
  const online = () => soon(async () => expect(await retained('scaletap/status')).toBe('online'));
  /** All that is announced at the start has been heard. */
  const settled = () => soon(async () => expect((await observer.retained()).size).toBeGreaterThan(4));

  test('gets all that Home Assistant needs, of the captures', async () => {
    const sink = await sinkAt(broker.port, new Known());
    expect(sink.name).toBe(`mqtt 127.0.0.1:${broker.port}/scaletap`);
    expect(await sink.deliver(captured())).toEqual(delivered);
    const messages = await observer.retained();
    const configs = [...messages].filter(([topic]) => topic.startsWith('homeassistant/'));
    expect(configs.map(([topic]) => topic).sort()).toEqual([
      'homeassistant/device/scaletap_person_withings-101010/config',
      'homeassistant/device/scaletap_person_withings-2507298/config',
      'homeassistant/device/scaletap_scale_withings_0024e4000050/config',
      'homeassistant/device/scaletap_scale_withings_0024e4fffc01/config',
    ]);
    expect(configs.flatMap(([topic, payload]) => complaints(topic, payload, messages))).toEqual([]);
    expect(messages.get('scaletap/status')).toBe('online');
  });

  test('has what is delivered when the delivery is said to be done', async () => {
    const sink = await sinkAt(broker.port, new Known());
    expect(await sink.deliver([anna()])).toEqual(delivered);
    expect(await stateNow()).toMatchObject({ weight_kg: 66.85 });
  });

  test('is told what is known at the start, with nothing to deliver', async () => {
    await sinkAt(broker.port, new Known([anna()]));
    await settled();
    expect(await stateNow()).toMatchObject({ weight_kg: 66.85, missing: 'OFF' });
  });

  test('keeps what is newer when something older comes late', async () => {
    const sink = await sinkAt(broker.port, new Known([anna()]));
    await settled();
    await observer.heard();
    expect(await sink.deliver([anna({ value: 70, timeMs: day - 1 }), anna()])).toEqual(delivered);
    expect(await stateNow()).toMatchObject({ weight_kg: 66.85 });
    expect(await observer.heard()).toEqual([]);
  });

  test('refuses nothing, but what is no number never gets there', async () => {
    const sink = await sinkAt(broker.port, new Known());
    const outcome = await sink.deliver([anna({ value: Number.NaN })]);
    expect(outcome).toEqual({ kind: 'refused', message: 'the value NaN is not a finite number' });
  });

  test('hears of a new name', async () => {
    const sink = await sinkAt(broker.port, new Known([anna()]));
    await settled();
    await sink.deliver([anna({ timeMs: day + 1 }, { owner: { key: annaKey, name: 'Anne' } })]);
    expect(JSON.parse((await retained(config)) ?? '{}').device.name).toBe('Anne');
  });

  test('hears who has not weighed in for too long, when it is looked', async () => {
    let now = day;
    await sinkAt(broker.port, new Known([anna()]), { now: () => now, lookEveryMs: 50 });
    await settled();
    expect(await stateNow()).toMatchObject({ missing: 'OFF' });
    now += 15 * DAY_MS;
    await soon(async () => expect(await stateNow()).toMatchObject({ missing: 'ON' }));
  });

  test('is told everything again when Home Assistant starts, with what was corrected meanwhile', async () => {
    const known = new Known([anna()]);
    await sinkAt(broker.port, known);
    await settled();
    await observer.heard();
    known.readings = [anna({ value: 66 })];
    await observer.publish('homeassistant/status', 'online');
    await soon(async () => expect(await stateNow()).toMatchObject({ weight_kg: 66 }));
    const scaleState = 'scaletap/scale/withings/0024e40659dc';
    const topics = (await observer.heard())
      .map(([topic]) => topic)
      .filter((topic) => topic !== 'homeassistant/status');
    expect(topics.sort()).toEqual([config, scaleConfig, state, scaleState]);
  });

  test.each(['offline', 'x'])('is not when the word is %s', async (word) => {
    const sink = await sinkAt(broker.port, new Known([anna()]));
    await settled();
    await observer.heard();
    await observer.publish('homeassistant/status', word);
    await sink.deliver([anna()]);
    expect(await observer.heard()).toEqual([['homeassistant/status', word]]);
  });

  test('hears a goodbye', async () => {
    await sinkAt(broker.port, new Known([anna()]));
    await online();
    await closeAll();
    expect(await retained('scaletap/status')).toBe('offline');
    expect(await stateNow()).toMatchObject({ weight_kg: 66.85 });
  });

  test('gets no discovery when that is off', async () => {
    const sink = await sinkAt(broker.port, new Known(), { discovery: null });
    await sink.deliver([anna()]);
    const topics = [...(await observer.retained()).keys()].sort();
    expect(topics).toEqual([state, 'scaletap/scale/withings/0024e40659dc', 'scaletap/status']);
  });

  describe('that has things of before', () => {
    /** An earlier run with other people, closed again. */
    async function ran(readings = [anna(), anna({ person: '2', device: '00:24:e4:00:00:02' })]) {
      await sinkAt(broker.port, new Known(readings));
      await soon(async () => expect((await observer.retained()).size).toBe(1 + 2 * 2 * 2));
      await closeAll();
    }

    test('loses those who are not known any more', async () => {
      await ran();
      await sinkAt(broker.port, new Known([anna()]));
      await soon(async () => expect((await observer.retained()).size).toBe(1 + 2 * 2));
      expect(await retained(config)).toContain('Anna');
    });

    test('loses all when the store is empty', async () => {
      await ran();
      await sinkAt(broker.port, new Known());
      await soon(async () =>
        expect(await observer.retained()).toEqual(new Map([['scaletap/status', 'online']])),
      );
    });

    test('loses what has other topics than are ours now', async () => {
      await observer.publish('scaletap/person/withings/1744475', '{"weight_kg":66}', true);
      await sinkAt(broker.port, new Known([anna()]));
      await soon(async () => {
        const topics = [...(await observer.retained()).keys()].filter((topic) => topic.includes('/person/'));
        expect(topics).toEqual([state]);
      });
    });

    test('keeps what is of others', async () => {
      await ran();
      const others = [
        ['homeassistant/device/zigbee_lamp/config', '{"origin":{"name":"zigbee2mqtt"}}'],
        ['homeassistant/device/broken/config', '{'],
        [
          'homeassistant/device/x/config',
          '{"origin":{"name":"scaletap"},"availability_topic":"other/status"}',
        ],
        ['other/person/withings/7', '{}'],
      ] as const;
      for (const [topic, payload] of others) await observer.publish(topic, payload, true);
      await sinkAt(broker.port, new Known());
      await soon(async () =>
        expect(await observer.retained()).toEqual(new Map([...others, ['scaletap/status', 'online']])),
      );
    });

    test('is told of a component that is gone by its platform alone, then without it', async () => {
      await sinkAt(broker.port, new Known([anna(), anna({ kind: 'fat_ratio', value: 21 })]));
      await soon(async () => expect(await retained(config)).toContain('fat_ratio_pct'));
      await closeAll();
      await observer.heard();
      await sinkAt(broker.port, new Known([anna()]));
      await settled();
      await soon(async () => expect(await retained(config)).not.toContain('fat_ratio_pct'));
      const configs = (await observer.heard()).filter(([topic]) => topic === config);
      const gone = configs.map(([, payload]) => JSON.parse(payload).components.fat_ratio_pct);
      expect(gone).toEqual([{ platform: 'sensor' }, undefined]);
    });
  });

  test('that goes away and comes back with nothing gets everything, through the loop', async () => {
    const place = new MemoryPlace(keptWeights(3));
    const known = new Known(keptWeights(3));
    const loop = new DeliveryLoop(await sinkAt(broker.port, known), place, { random: () => 0.1 });
    const idle = () => soon(() => expect(loop.status()).toMatchObject({ state: 'idle', backlog: 0 }));
    loop.wake();
    await idle();
    await observer.close();
    await broker.stop();

    place.add(keptWeights(900).slice(3));
    known.readings = keptWeights(900).slice(-1);
    loop.wake();
    await soon(() => expect(loop.status()).toMatchObject({ state: 'waiting', cause: 'unreachable' }));
    expect(place.place).toBe(9);
    await broker.restart({ forgetful: true });
    observer = await observe(broker.port);
    await idle();
    expect(await stateNow()).toMatchObject({ weight_kg: 900 });
    expect(await retained(config)).toContain('Weight');
    await loop.close();
  });
});
