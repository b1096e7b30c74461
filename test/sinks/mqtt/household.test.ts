import { describe, expect, test } from 'vitest';
import type { KeptReading } from '../../../src/model/reading.js';
import { Household, type Subject } from '../../../src/sinks/mqtt/household.js';
import { anna, annaKey, day } from './house.js';

/** `person 1744475 weight 66.85`, a line for each newest reading. */
function lines(subjects: Iterable<Subject>): string[] {
  return [...subjects].flatMap(({ of, id, newest }) =>
    [...newest].map(([kind, { value }]) => `${of} ${id} ${kind} ${value}`),
  );
}

const scale = 'scale 00:24:e4:06:59:dc';
const newestAfter = (...readings: KeptReading[]) => lines(new Household(readings).subjects);

describe('the newest reading of a kind stays', () => {
  const old = anna({ value: 70, timeMs: day - 1 });

  test('when an older one comes late', () => {
    expect(newestAfter(anna(), old)).toEqual(['person withings-1744475 weight 66.85']);
  });

  test('when it comes last', () => {
    expect(newestAfter(old, anna())).toEqual(['person withings-1744475 weight 66.85']);
  });

  test('each kind by its own time', () => {
    const fat = anna({ kind: 'fat_ratio', value: 21, timeMs: day - 1 });
    expect(newestAfter(anna(), fat)).toEqual([
      'person withings-1744475 weight 66.85',
      'person withings-1744475 fat_ratio 21',
    ]);
  });

  test('also from another scale', () => {
    const other = { device: '00:24:e4:00:00:02', timeMs: day - 1, value: 70 };
    expect(newestAfter(anna(), anna(other))).toEqual(['person withings-1744475 weight 66.85']);
  });
});

describe('whose a reading is', () => {
  test.each(['co2', 'room_temperature', 'battery', 'firmware'] as const)('%s is of the scale', (kind) => {
    expect(newestAfter(anna({ kind, value: 7 }))).toEqual([`${scale} ${kind} 7`]);
  });

  test('what is of nobody is shown at the scale', () => {
    expect(newestAfter(anna({ person: null }))).toEqual([`${scale} weight 66.85`]);
  });

  test('somebody with ids at two vendors is one person', () => {
    const owner = { key: annaKey, name: 'Anna' };
    const other = anna({ vendor: 'renpho', person: '7', value: 70, timeMs: day + 1, device: '' }, { owner });
    expect(newestAfter(anna(), other)).toEqual(['person withings-1744475 weight 70']);
  });

  test('the owner counts, not the user id of the vendor', () => {
    const owner = { key: 'ben', name: 'Ben' };
    expect(newestAfter(anna({}, { owner }))).toEqual(['person ben weight 66.85']);
    expect(newestAfter(anna({}, { owner: null, ownedBy: 'hand' }))).toEqual([`${scale} weight 66.85`]);
  });

  test('a row that names no scale is of none', () => {
    expect([...new Household([anna({ device: '' })]).subjects].map(({ of }) => of)).toEqual(['person']);
  });
});

describe('is no state', () => {
  test.each(['unverified', 'future-time'] as const)('what is %s', (quality) => {
    const household = new Household([anna({ quality: [quality] })]);
    expect([...household.subjects]).toEqual([]);
  });

  test('a weigh-in of one of two: the scale was seen, and no more', () => {
    const ambiguous = anna({ person: null, candidates: ['1', '2'], quality: ['ambiguous-person'] });
    const [seen, ...others] = new Household([ambiguous]).subjects;
    expect(others).toEqual([]);
    expect(seen).toMatchObject({ of: 'scale', last: { timeMs: day } });
    expect(seen?.newest.size).toBe(0);
  });

  test('unless somebody has said whose it is, or that it is nobody’s', () => {
    const ambiguous = { person: null, candidates: ['1', '2'], quality: ['ambiguous-person'] } as const;
    const owner = { key: annaKey, name: 'Anna' };
    expect(newestAfter(anna(ambiguous, { owner, ownedBy: 'hand' }))).toEqual([
      'person withings-1744475 weight 66.85',
    ]);
    expect(newestAfter(anna(ambiguous, { ownedBy: 'hand' }))).toEqual([`${scale} weight 66.85`]);
  });

  test.each([
    ['a value that is no number', { value: Number.NaN }],
    ['a time that no calendar has', { timeMs: Number.MAX_SAFE_INTEGER }],
    ['a time before 1970', { timeMs: -1 }],
  ])('%s', (_, over) => {
    expect(newestAfter(anna(over))).toEqual([]);
  });
});

describe('take', () => {
  test('gives those about whom something has changed', () => {
    const household = new Household([anna()]);
    expect([...household.take([anna()])]).toEqual([]);
    expect([...household.take([anna({ timeMs: day - 1, value: 99 })])]).toEqual([]);
    const changed = household.take([anna({ timeMs: day + 1, value: 67 })]);
    expect([...changed].map(({ of }) => of)).toEqual(['person', 'scale']);
  });

  test('gives a person who is called otherwise since', () => {
    const household = new Household([anna()]);
    const owner = { key: annaKey, name: 'Anne' };
    expect([...household.take([anna({}, { owner })])]).toMatchObject([{ of: 'person', name: 'Anne' }]);
  });
});

test('what counts although the vendor has deleted it is told: somebody has said so', () => {
  expect(newestAfter(anna({ quality: ['deleted'] }))).toEqual(['person withings-1744475 weight 66.85']);
});
