import { describe, expect, test } from 'vitest';
import { exchange, post } from '../transfer/exchanges.js';
import { folder, openStore, scripted } from './stores.js';

const MINUTE_US = 60_000_000;

/** Every exchange says what its device's `once` is, in its body. */
const onces = scripted(({ request }) => ({
  values: [{ device: 'scale', name: 'once', text: Buffer.from(request.body).toString() }],
}));

function saying(once: string, startedAtUs: number) {
  return exchange({ request: post('/cgi-bin/once', once), startedAtUs });
}

function openHouse(dataDir = folder()) {
  const { journal, values } = openStore(dataDir, onces);
  return {
    hear: (once: string, startedAtUs: number) => journal.commit([saying(once, startedAtUs)]),
    once: () => {
      values.refresh();
      return values.get('withings', 'scale', 'once');
    },
  };
}

test('the younger value wins, in whatever order they come', () => {
  const { hear, once } = openHouse();
  expect(once()).toBeUndefined();
  hear('second', 2000);
  hear('first', 1000);
  expect(once()).toBe('second');
  hear('third', 3000);
  expect(once()).toBe('third');
  hear('also third', 3000);
  expect(once()).toBe('also third');
});

test('one that a wrong clock has put into the future does not stand for good', () => {
  const { hear, once } = openHouse();
  const nowUs = Date.now() * 1000;
  hear('of 2038', nowUs + 366 * 86_400_000_000);
  hear('of today', nowUs);
  expect(once()).toBe('of today');
  hear('of an hour ahead', nowUs + 60 * MINUTE_US);
  hear('of now', nowUs + MINUTE_US);
  expect(once()).toBe('of an hour ahead');
});

test('a value that was seen again is as young as when it was last seen', () => {
  const { hear, once } = openHouse();
  hear('the same', 0);
  hear('the same', 10 * MINUTE_US);
  hear('out of an old dump', 5 * MINUTE_US);
  expect(once()).toBe('the same');
});

test('values are apart by vendor, device and name', () => {
  const named = [
    ['a b', 'c'],
    ['a', 'b c'],
    ['a', 'b'],
  ] as const;
  const { journal, values } = openStore(
    folder(),
    scripted(() => ({
      values: named.map(([device, name]) => ({ device, name, text: `${device}/${name}` })),
    })),
  );
  journal.commit([saying('', 0)]);
  for (const [device, name] of named) {
    expect(values.get('withings', device, name)).toBe(`${device}/${name}`);
    expect(values.get('renpho', device, name)).toBeUndefined();
  }
});

test('what another process has learnt is seen', () => {
  const dataDir = folder();
  const ours = openHouse(dataDir);
  const theirs = openHouse(dataDir);
  ours.hear('first', 1000);
  theirs.hear('third', 3000);
  // With what it has in memory, it would take this for news.
  ours.hear('second', 2000);
  expect([ours.once(), theirs.once()]).toEqual(['third', 'third']);
});

test('values outlive the process, and there may be more than memory keeps', () => {
  const dataDir = folder();
  const many = scripted(({ startedAtUs }) => ({
    values: [{ device: `scale ${startedAtUs}`, name: 'secret', text: `${startedAtUs}` }],
  }));
  const { journal, values, close } = openStore(dataDir, many);
  journal.commit(Array.from({ length: 2500 }, (_, i) => saying('', i)));
  expect(values.get('withings', 'scale 7', 'secret')).toBe('7');
  close.call(openStore(dataDir, many));
  const again = openStore(dataDir, many).values;
  for (const i of [0, 7, 2499]) expect(again.get('withings', `scale ${i}`, 'secret')).toBe(`${i}`);
});

test('a value is told with its time, and all of them are listed', () => {
  const { values } = openStore(folder(), onces);
  values.change(() => {
    values.put('withings', 'b', 'users', '[]', 2000);
    values.put('withings', 'b', 'once', 'x', 3000);
    values.put('withings', 'a', 'users', '[1]', 1000);
  });
  expect(values.entry('withings', 'b', 'once')).toEqual({ text: 'x', updatedAtMs: 3 });
  expect(values.entry('withings', 'b', 'secret')).toBeUndefined();
  const names = (filter?: Parameters<typeof values.list>[0]) =>
    values.list(filter).map(({ device, name }) => `${device} ${name}`);
  expect(names()).toEqual(['a users', 'b once', 'b users']);
  expect(names({ device: 'b' })).toEqual(['b once', 'b users']);
  expect(names({ vendor: 'renpho' })).toEqual([]);
  expect(values.list({ device: 'a' })).toEqual([
    { vendor: 'withings', device: 'a', name: 'users', text: '[1]', updatedAtUs: 1000 },
  ]);
});

describe('by hand', () => {
  test('a value is set whatever is known, and what is learnt later goes before it', () => {
    const dataDir = folder();
    const { hear, once } = openHouse(dataDir);
    const { values } = openStore(dataDir, onces);
    hear('learnt', 3000);
    values.change(() => values.put('withings', 'scale', 'once', 'by hand', 2000));
    expect(once()).toBe('by hand');
    hear('out of an old dump', 1000);
    expect(once()).toBe('by hand');
    hear('learnt again', 4000);
    expect(once()).toBe('learnt again');
  });

  test('a value is removed, also from memory, and may be learnt anew, even from what is old', () => {
    const { values } = openStore(folder(), onces);
    values.change(() => values.put('withings', 'scale', 'once', 'x', 2000));
    expect(values.get('withings', 'scale', 'once')).toBe('x');
    expect(values.change(() => values.remove('withings', 'scale', 'once'))).toBe(true);
    expect(values.get('withings', 'scale', 'once')).toBeUndefined();
    expect(values.change(() => values.remove('withings', 'scale', 'once'))).toBe(false);
    values.change(() => values.set('withings', 'scale', 'once', 'older', 1000));
    expect(values.get('withings', 'scale', 'once')).toBe('older');
  });

  test('what goes wrong halfway leaves nothing, in memory as on disk', () => {
    const dataDir = folder();
    const { values } = openStore(dataDir, onces);
    values.change(() => values.put('withings', 'scale', 'users', '[]', 1000));
    const broken = () =>
      values.change(() => {
        values.put('withings', 'scale', 'once', 'x', 2000);
        values.remove('withings', 'scale', 'users');
        throw new Error('halfway');
      });
    expect(broken).toThrow('halfway');
    for (const { values: seen } of [{ values }, openStore(dataDir, onces)]) {
      expect(seen.get('withings', 'scale', 'once')).toBeUndefined();
      expect(seen.get('withings', 'scale', 'users')).toBe('[]');
    }
  });

  test('a change goes by what another process has written', () => {
    const dataDir = folder();
    const { values } = openStore(dataDir, onces);
    expect(values.entry('withings', 'scale', 'once')).toBeUndefined();
    openHouse(dataDir).hear('learnt', 3000);
    expect(values.change(() => values.entry('withings', 'scale', 'once')?.text)).toBe('learnt');
  });
});
