import { describe, expect, test } from 'vitest';
import type { Findings } from '../../../src/vendors/vendor.js';
import { type Capture, exchangesOf, lines, Memory, refused } from './exchanges.js';

/** Plays a capture to a run that knows nothing yet, or what `memory` knows. */
function play(capture: Capture, memory = new Memory()): { memory: Memory; all: Findings[] } {
  return { memory, all: memory.play(exchangesOf(capture)) };
}

const labels = (all: readonly Findings[]) => all.map(({ label }) => label);
const devices = (all: readonly Findings[]) => [...new Set(all.slice(1).map(({ device }) => device))];

describe('WS-30', () => {
  test('session with an empty user table', () => {
    const { all, memory } = play('ws30-update.http');
    expect(labels(all)).toEqual(['once', 'session new', 'maint', 'session delete']);
    expect(devices(all)).toEqual(['00:24:e4:00:00:01']);
    expect(all.flatMap(lines)).toEqual([
      'battery 97 pct 2013-03-20T03:26:37.000Z nobody [server-time]',
      'firmware 211  2013-03-20T03:26:37.000Z nobody [server-time]',
      'battery_voltage 5957 mv 2013-03-20T03:26:37.000Z nobody [server-time]',
    ]);
    expect(all.flatMap(refused)).toEqual([]);
    const device = '00:24:e4:00:00:01';
    const valued = [...memory.values].filter(([name]) => !name.includes(' reply.'));
    expect(new Map(valued)).toEqual(
      new Map([
        [`${device} once`, '00d0177b-1360777c'],
        [
          `${device} session`,
          '{"status":0,"body":{"sessionid":"6256-51492c6d-5483c37e","sp":{"users":[]},"ind":{"lg":"en_GB",' +
            '"imt":1,"stp":1,"f":0,"g":97918},"syp":{"utc":1363749997},"ctp":{"goff":-14400,"dst":0,"ngoff":0}}}',
        ],
        [`${device} users`, '[]'],
        [`${device} language`, 'en_GB'],
        [`${device} gravity`, '97918'],
        [`${device} offsets`, '{"goff":-14400,"dst":0,"ngoff":0}'],
        [
          `${device} request.session`,
          'action=new&auth=00:24:e4:00:00:01&hash=985aad87a06a880dce49a1424e1d292f&mfgid=262151&currentfw=211' +
            '&batterylvl=97&duration=30&zreboot=1',
        ],
        [`${device} secret`, '0123456789abcdef'],
      ]),
    );
  });

  test('once the secret is learnt, every session hash is checked with it', () => {
    const { memory, all: first } = play('ws30-update.http');
    expect(first[1]?.verdict).toBe('unchecked');
    for (const capture of ['ws30-update.http', 'ws30-update2.http', 'ws30-association.http'] as const) {
      const { all } = play(capture, memory);
      expect(all.map(({ verdict }) => verdict).filter((verdict) => verdict !== null)).toEqual(['verified']);
      expect(all.flatMap(({ values }) => values.map(({ name }) => name))).not.toContain('secret');
    }
  });

  test('session with one user', () => {
    const { all, memory } = play('ws30-update2.http');
    expect(labels(all)).toEqual(['once', 'session new', 'maint', 'session delete']);
    expect(all.flatMap(lines)).toEqual([
      'battery 95 pct 2013-03-20T03:47:19.000Z nobody [server-time]',
      'firmware 211  2013-03-20T03:47:19.000Z nobody [server-time]',
      'battery_voltage 5915 mv 2013-03-20T03:47:19.000Z nobody [server-time]',
    ]);
    expect(memory.value('00:24:e4:00:00:01', 'users')).toBe(
      '[{"id":1744475,"sn":"MIC","wt":77.11,"ht":1.727,"agt":20.8,"sx":0,"fm":3,"cr":1363702686,"att":0}]',
    );
  });

  test('set-up: a reply of status 205 is no refusal', () => {
    const { all } = play('ws30-association.http');
    expect(labels(all)).toEqual(['once', 'session new', 'maint', 'association request', 'session delete']);
    expect(devices(all)).toEqual(['00:24:e4:00:00:01']);
    expect(all.flatMap(refused)).toEqual([]);
    // It is no good answer, so nothing is learnt from it.
    expect(all[3]?.values).toEqual([]);
  });
});

test('WBS01: two posts, the second bare-foot', () => {
  const { all } = play('wbs01-weigh-in.http');
  expect(labels(all)).toEqual(['once', 'session new', 'measure', 'measure', 'session delete']);
  expect(devices(all)).toEqual(['00:24:e4:ff:fc:01']);
  expect(all.slice(2, 4).flatMap(lines)).toEqual([
    'weight 66.85 kg 2010-09-04T00:01:52.000Z 101010',
    'weight 68.95 kg 2010-09-04T00:02:14.000Z 101010',
    'resistance_extra 583 ohm 2010-09-04T00:02:14.000Z 101010',
    'resistance_intra 2292 ohm 2010-09-04T00:02:14.000Z 101010',
  ]);
  expect(all.flatMap(refused)).toEqual([]);
});

test('WS-50: weigh-in, room, weather', () => {
  const { all } = play('ws50-weigh-in.http');
  expect(labels(all)).toEqual([
    'once',
    'session new',
    'measure',
    'v2/measure',
    'v2/weather',
    'session delete',
  ]);
  expect(devices(all)).toEqual(['00:24:e4:00:00:50']);
  expect(all.slice(2).flatMap(lines)).toEqual([
    'weight 84.216 kg 2013-12-14T20:30:12.000Z 2507298',
    'impedance 522 ohm 2013-12-14T20:30:12.000Z 2507298',
    'heart_rate 93 bpm 2013-12-14T20:30:12.000Z 2507298',
    'room_temperature 20.2 c 2013-12-14T20:30:12.000Z nobody',
    'co2 655 ppm 2013-12-14T20:30:12.000Z nobody',
  ]);
  expect(all.flatMap(refused)).toEqual([]);
});

test.each([
  ['wbs01-weigh-in.http', '00:24:e4:ff:fc:01', '5ca1e7ab0fb0d1e5'],
  ['ws50-weigh-in.http', '00:24:e4:00:00:50', 'a1b2c3d4e5f60718'],
] as const)('the hash of %s is of the secret that the README names', (capture, device, secret) => {
  const memory = new Memory();
  memory.values.set(`${device} secret`, secret);
  expect(play(capture, memory).all[1]?.verdict).toBe('verified');
  memory.values.set(`${device} secret`, 'another');
  expect(play(capture, memory).all[1]?.verdict).toBe('failed');
});

test('the same weigh-in twice has the same ids', () => {
  const ids = () => play('wbs01-weigh-in.http').all.flatMap(({ readings }) => readings.map(({ id }) => id));
  expect(ids()).toEqual(ids());
  expect(new Set(ids()).size).toBe(ids().length);
});
