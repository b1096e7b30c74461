import { describe, expect, test } from 'vitest';
import type { Quality } from '../../../src/model/reading.js';
import {
  answeredText,
  counted,
  deviceText,
  isOpen,
  lengthText,
  ownerWords,
  qualityWords,
  reasonText,
} from '../../../src/page/words/words.js';

/** The compiler holds it complete. */
const qualities = {
  replayed: true,
  'ambiguous-person': true,
  unverified: true,
  'server-time': true,
  'future-time': true,
  'arrival-time': true,
  'typed-in': true,
  deleted: true,
  'shifted-time': true,
} as const satisfies Record<Quality, true>;

describe('what the API says, in plain words', () => {
  test.each(Object.keys(qualities))('quality %s has words of its own', (quality) => {
    const { short, long } = qualityWords(quality);
    expect(long).toMatch(/^[A-Z].*\.$/);
    expect(short.length).toBeLessThan(25);
    expect(long).not.toBe(quality);
  });

  test('what is not known is shown as it came, names of Object too', () => {
    expect(qualityWords('of-tomorrow')).toEqual({ short: 'of-tomorrow', long: 'of-tomorrow' });
    expect(qualityWords('constructor').short).toBe('constructor');
    expect(reasonText('__proto__')).toBe('__proto__');
  });

  test('reasons and answers', () => {
    expect(reasonText('upstream-timeout')).toBe('the cloud did not begin to answer in time');
    expect(answeredText('replayed')).toBe('by scaletap');
  });

  test.each([
    ['ada', 'vendor', 'by the vendor'],
    ['ada', 'weight', 'by weight'],
    ['ada', 'hand', 'by hand'],
    [null, 'hand', 'by hand'],
    [null, null, 'not assigned'],
  ] as const)('of %s, known by %s: %s', (person, ownedBy, short) => {
    expect(ownerWords({ person, ownedBy }).short).toBe(short);
  });

  test('a weigh-in is open while nobody has said whose it is and it counts', () => {
    expect(isOpen({ person: null, ownedBy: null, counts: true })).toBe(true);
    expect(isOpen({ person: null, ownedBy: 'hand', counts: true })).toBe(false);
    expect(isOpen({ person: null, ownedBy: null, counts: false })).toBe(false);
    expect(isOpen({ person: 'ada', ownedBy: 'vendor', counts: true })).toBe(false);
  });

  test('devices, with and without an address', () => {
    expect(deviceText('withings', '00:24:e4:00:00:01')).toBe('Withings 00:24:e4:00:00:01');
    expect(deviceText('renpho', '')).toBe('Renpho');
    expect(deviceText('another', 'x')).toBe('Another x');
  });

  test('numbers of things', () => {
    expect(counted(1, 'reading')).toBe('1 reading');
    expect(counted(0, 'reading')).toBe('0 readings');
    expect(counted(2, 'reading waits', 'readings wait')).toBe('2 readings wait');
  });

  test.each([
    [0.04, '0.0 ms'],
    [9.94, '9.9 ms'],
    [81.4, '81 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [99_900, '99.9 s'],
    [120_000, '2 min'],
  ])('%d ms is %s', (ms, text) => {
    expect(lengthText(ms)).toBe(text);
  });
});
