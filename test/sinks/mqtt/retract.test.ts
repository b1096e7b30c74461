import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeptReading } from '../../../src/model/reading.js';
import type { MqttSink } from '../../../src/sinks/mqtt/index.js';
import { haveMosquitto, type Mosquitto, startMosquitto } from '../../servers/mosquitto.js';
import { anna, annaKey, closeAll, day, Known, type Observer, observe, sinkAt, soon } from './house.js';

// What was corrected in the store, as the delivery loop has a broker hear of it: a retraction, then the readings as they
// are now.

const state = `scaletap/person/${annaKey}`;
const config = `homeassistant/device/scaletap_person_${annaKey}/config`;
const benState = 'scaletap/person/ben';
const benConfig = 'homeassistant/device/scaletap_person_ben/config';
const delivered = { kind: 'delivered' };

const owner = { key: 'ben', name: 'Ben' };
const older = anna({ value: 66, timeMs: day - 1 });
const newer = anna({ value: 77 });
const newerOfBen: KeptReading = { ...newer, owner, ownedBy: 'hand' };

describe.skipIf(!haveMosquitto)('a broker', () => {
  let broker: Mosquitto;
  let observer: Observer;
  let known: Known;
  let sink: MqttSink;

  beforeEach(async () => {
    broker = await startMosquitto();
    observer = await observe(broker.port);
    known = new Known();
    sink = await sinkAt(broker.port, known);
  });
  afterEach(async () => {
    await closeAll();
    await observer.close();
    await broker.remove();
  });

  /** What the store has from now on; the broker is told. */
  async function corrected(...readings: KeptReading[]): Promise<void> {
    known.readings = readings;
    expect(await sink.retract()).toEqual(delivered);
    expect(await sink.deliver(readings)).toEqual(delivered);
  }
  async function stateOf(topic: string): Promise<Record<string, unknown> | undefined> {
    const payload = (await observer.retained()).get(topic);
    return payload === undefined ? undefined : JSON.parse(payload);
  }

  test('goes back to the weigh-in before when the newest is somebody else’s', async () => {
    await sink.deliver([older, newer]);
    await corrected(older, newerOfBen);
    expect(await stateOf(state)).toMatchObject({ weight_kg: 66 });
    expect(await stateOf(benState)).toMatchObject({ weight_kg: 77 });
    expect(await stateOf(benConfig)).toMatchObject({ device: { name: 'Ben' } });
  });

  test('or when it does not count', async () => {
    await sink.deliver([older, newer]);
    await corrected(older);
    expect(await stateOf(state)).toMatchObject({ weight_kg: 66 });
  });

  test('loses who has nothing any more, and has them again when it is given back', async () => {
    await sink.deliver([newer]);
    await corrected(newerOfBen);
    expect([...(await observer.retained()).keys()]).not.toEqual(
      expect.arrayContaining([expect.stringContaining(annaKey)]),
    );
    await corrected(newer);
    expect(await stateOf(state)).toMatchObject({ weight_kg: 77 });
    expect(await stateOf(benState)).toBeUndefined();
  });

  test('shows at the scale what is nobody’s, and no more when it is somebody’s', async () => {
    const scale = 'scaletap/scale/withings/0024e40659dc';
    await sink.deliver([newer]);
    await corrected({ ...newer, owner: null, ownedBy: 'hand' });
    expect(await stateOf(scale)).toMatchObject({ unassigned_weight_kg: 77 });
    await corrected(newer);
    expect(await stateOf(scale)).not.toHaveProperty('unassigned_weight_kg');
  });

  test('has a new name at the same device', async () => {
    await sink.deliver([newer]);
    await corrected({ ...newer, owner: { key: annaKey, name: `A'"\\, =\n<script>😀` } });
    expect(await stateOf(config)).toMatchObject({ device: { name: `A'"\\, = <script>😀` } });
    const people = [...(await observer.retained()).keys()].filter((topic) => topic.includes('person'));
    expect(people.sort()).toEqual([config, state]);
  });

  test('hears nothing when nothing is different', async () => {
    known.readings = [newer];
    await sink.deliver([newer]);
    await observer.heard();
    for (let i = 0; i < 2; i++) expect(await sink.retract()).toEqual(delivered);
    expect(await observer.heard()).toEqual([]);
  });

  test('that is down hears of it when it is back', async () => {
    await sink.deliver([older, newer]);
    known.readings = [older, newerOfBen];
    await observer.close();
    await broker.stop();
    expect(await sink.retract()).toMatchObject({ kind: 'retry', cause: 'unreachable' });
    await broker.restart();
    observer = await observe(broker.port);
    await soon(async () => expect(await sink.retract()).toEqual(delivered));
    expect(await stateOf(state)).toMatchObject({ weight_kg: 66 });
    expect(await stateOf(benState)).toMatchObject({ weight_kg: 77 });
  });

  test('that freezes is a time-out', async () => {
    await sink.deliver([newer]);
    known.readings = [newerOfBen];
    broker.freeze();
    expect(await sink.retract()).toMatchObject({ kind: 'retry', cause: 'timeout' });
    broker.thaw();
    await soon(async () => expect(await sink.retract()).toEqual(delivered));
    expect(await stateOf(state)).toBeUndefined();
  });
});
