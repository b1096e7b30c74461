import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Kind, type KnownKind, quantities } from '../../../src/model/quantity.js';
import type { KeptReading } from '../../../src/model/reading.js';
import { Household } from '../../../src/sinks/mqtt/household.js';
import { isOwn, messagesOf, parting } from '../../../src/sinks/mqtt/messages.js';
import { complaints } from './home-assistant.js';
import { anna, annaKey, captured, DAY_MS, day, house } from './house.js';

type Json = Readonly<Record<string, unknown>>;

function messagesFor(readings: readonly KeptReading[], over = {}, nowMs = day) {
  const { subjects } = new Household(readings);
  return new Map(subjects.flatMap((subject) => messagesOf({ ...house, ...over }, subject, nowMs)));
}

function allComplaints(messages: ReadonlyMap<string, string>): string[] {
  const configs = [...messages].filter(([topic]) => topic.endsWith('/config'));
  expect(configs.length).toBeGreaterThan(0);
  return configs.flatMap(([topic, payload]) => complaints(topic, payload, messages));
}

const personConfig = 'homeassistant/device/scaletap_person_withings-1744475/config';
const personState = 'scaletap/person/withings-1744475';
const scaleConfig = 'homeassistant/device/scaletap_scale_withings_0024e40659dc/config';
const scaleState = 'scaletap/scale/withings/0024e40659dc';

const parsed = (payload: string | undefined): Json & { components: Record<string, Json> } =>
  JSON.parse(payload ?? '{}');

describe('what Home Assistant is told', () => {
  test('has nothing that it would not like, of the captures', () => {
    expect(allComplaints(messagesFor(captured()))).toEqual([]);
  });

  test('nor of any kind, of a person, of nobody, or of one vendor', () => {
    const kinds: Kind[] = [
      ...(Object.keys(quantities) as KnownKind[]),
      'withings_hrv',
      'renpho_girth_custom_cm',
    ];
    const readings = [null, '1744475'].flatMap((person) =>
      kinds.map((kind) => anna({ kind, person, value: 12.5 })),
    );
    const messages = messagesFor(readings);
    expect(allComplaints(messages)).toEqual([]);
    const shown = [personConfig, scaleConfig].map((topic) =>
      Object.keys(parsed(messages.get(topic)).components),
    );
    expect(shown.flat()).toHaveLength(2 * kinds.length - 6 + 3);
  });

  test('a person', () => {
    const messages = messagesFor([anna(), anna({ kind: 'fat_ratio', value: 21.5 })]);
    expect(parsed(messages.get(personState))).toEqual({
      weight_kg: 66.85,
      fat_ratio_pct: 21.5,
      last_weigh_in: '2026-11-20T00:00:00.000Z',
      missing: 'OFF',
    });
    const { components, ...root } = parsed(messages.get(personConfig));
    expect(root).toEqual({
      device: {
        identifiers: ['scaletap_person_withings-1744475'],
        name: 'Anna',
        model: 'Person',
      },
      origin: { name: 'scaletap', sw_version: '0.1.0' },
      availability_topic: 'scaletap/status',
      state_topic: personState,
      qos: 1,
    });
    expect(components.weight_kg).toEqual({
      platform: 'sensor',
      unique_id: 'scaletap_person_withings-1744475_weight_kg',
      name: 'Weight',
      device_class: 'weight',
      state_class: 'measurement',
      unit_of_measurement: 'kg',
      suggested_display_precision: 2,
      value_template: '{{ value_json.weight_kg }}',
    });
    expect(components.missing).toMatchObject({ platform: 'binary_sensor', name: 'No weigh-in for 14 days' });
  });

  test('a scale, with its firmware, the air, and a weigh-in of nobody', () => {
    const messages = messagesFor([
      anna({ kind: 'firmware', value: 1271 }),
      anna({ kind: 'co2', value: 812 }),
      anna({ person: null, timeMs: day + 1 }),
    ]);
    expect(parsed(messages.get(scaleState))).toEqual({
      firmware: 1271,
      co2_ppm: 812,
      unassigned_weight_kg: 66.85,
      last_seen: '2026-11-20T00:00:00.001Z',
    });
    expect(parsed(messages.get(scaleConfig)).device).toMatchObject({
      name: 'Withings scale 00:24:e4:06:59:dc',
      sw_version: '1271',
    });
  });

  test('nothing of discovery when that is off', () => {
    expect([...messagesFor([anna()], { discovery: null }).keys()]).toEqual([personState, scaleState]);
  });

  test('other ids for another topic, so that two houses can share a broker', () => {
    const [config] = messagesFor([anna()], { topic: 'house/2' }).keys();
    expect(config).toMatch(/^homeassistant\/device\/house-2_[0-9a-f]{24}_person_withings-1744475\/config$/);
  });
});

describe('no weigh-in', () => {
  test.each([
    ['for 14 days', 14 * DAY_MS, 14, 'OFF'],
    ['for longer', 14 * DAY_MS + 1, 14, 'ON'],
    ['where nobody asks', 99 * DAY_MS, 0, undefined],
  ])('%s', (_, sinceMs, missingDays, missing) => {
    const messages = messagesFor([anna()], { missingDays }, day + sinceMs);
    expect(parsed(messages.get(personState)).missing).toBe(missing);
  });

  test('is about weights: a heart rate of today does not count', () => {
    const heart = anna({ kind: 'heart_rate', value: 61, timeMs: day + 20 * DAY_MS });
    const state = parsed(messagesFor([anna(), heart], {}, day + 20 * DAY_MS).get(personState));
    expect(state).toMatchObject({ missing: 'ON', last_weigh_in: '2026-11-20T00:00:00.000Z' });
  });
});

describe('hostile names', () => {
  const hostile = [
    '"}],',
    '+',
    '#',
    'a/b',
    '../..',
    'An\nna',
    '\u0000',
    '🙂',
    '<script>alert(1)</script>',
    '{{ states }}',
    'x'.repeat(300),
    '\ud800',
    '',
  ];

  test.each(hostile)('%j as name, key and scale', (text) => {
    const owner = { key: text, name: text };
    expect(allComplaints(messagesFor([anna({ device: text }, { owner })]))).toEqual([]);
  });

  test('any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary' }),
        (key, name) => {
          const owner = { key, name };
          expect(allComplaints(messagesFor([anna({ device: key }, { owner })]))).toEqual([]);
        },
      ),
    );
  });

  test('who has no name that can be shown has a key', () => {
    const owner = { key: annaKey, name: '\n' };
    const { device } = parsed(messagesFor([anna({}, { owner })]).get(personConfig));
    expect(device).toMatchObject({ name: 'Person withings-1744475' });
  });
});

describe('what is ours on a broker', () => {
  const [config = '', state = ''] = messagesFor([anna()]).values();

  test('by origin and availability', () => {
    expect(isOwn(house, [personConfig, config])).toBe(true);
    expect(isOwn(house, [personState, state])).toBe(true);
  });

  test.each([
    ['of another scaletap', config.replace('scaletap/status', 'other/status')],
    ['of another program', config.replace('"name":"scaletap"', '"name":"zigbee2mqtt"')],
    ['no JSON', 'online'],
    ['no object', '[1]'],
    ['nothing', 'null'],
  ])('not %s', (_, payload) => {
    expect(isOwn(house, [personConfig, payload])).toBe(false);
  });

  test('any payload is judged', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (payload) => {
        expect(isOwn(house, [personConfig, payload])).toBe(false);
        expect(parting(payload, config)).toBe(null);
      }),
    );
  });
});

describe('a component that is not there any more', () => {
  const before = messagesFor([anna(), anna({ kind: 'fat_ratio', value: 21 })]).get(personConfig) ?? '';
  const after = messagesFor([anna()]).get(personConfig) ?? '';

  test('is told by its platform alone once', () => {
    const { components } = parsed(parting(before, after) ?? '');
    expect(components.fat_ratio_pct).toEqual({ platform: 'sensor' });
    expect(components.weight_kg).toMatchObject({ name: 'Weight' });
  });

  test('is not looked for when there are only new ones, or the device goes', () => {
    expect(parting(after, before)).toBe(null);
    expect(parting(before, '')).toBe(null);
  });
});
