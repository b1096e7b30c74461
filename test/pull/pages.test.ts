import fc from 'fast-check';
import { expect, test } from 'vitest';
import { walkPages } from '../../src/pull/pages.js';
import type { Row } from '../../src/pull/rows.js';

const row = (timeMs: number | null, key = String(timeMs)): Row => ({ key, timeMs, person: null });

/** Reads a list as a cloud would give it, and gives what was read. */
async function walk(rows: readonly Row[], size: number, fromMs: number | null) {
  const read: Row[] = [];
  let pages = 0;
  const walked = await walkPages(async (page) => {
    pages++;
    const found = rows.slice((page - 1) * size, page * size);
    read.push(...found);
    return found;
  }, fromMs);
  return { ...walked, read, pages };
}

const times = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 40 });

test('whatever the order and the size of the pages, nothing is lost and it ends', async () => {
  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: 1, max: 7 }), async (list, size) => {
      const rows = list.map((time, i) => row(time, `${i}`));
      const { read, whole, newestMs } = await walk(rows, size, null);
      expect(read).toEqual(rows);
      expect(whole).toBe(true);
      expect(newestMs).toBe(list.length === 0 ? null : Math.max(...list));
    }),
  );
});

test('a list of falling time, left early, has given all that is younger than was asked', async () => {
  await fc.assert(
    fc.asyncProperty(
      times,
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 50 }),
      async (list, size, from) => {
        const rows = list.sort((a, b) => b - a).map((time, i) => row(time, `${i}`));
        const { read } = await walk(rows, size, from);
        const young = ({ timeMs }: Row) => (timeMs ?? 0) >= from;
        expect(read.filter(young)).toEqual(rows.filter(young));
      },
    ),
  );
});

test('a list that rises once is read to its end, although it used to fall', async () => {
  const rows = [9, 8, 10, 3, 2, 1, 11].map((time) => row(time));
  expect(await walk(rows, 3, 5)).toMatchObject({ whole: true, falling: false, read: rows });
});

test('one that falls is left at the first page that ends before', async () => {
  const rows = [9, 8, 7, 3, 2, 1].map((time) => row(time));
  expect(await walk(rows, 2, 5)).toMatchObject({ whole: false, falling: true, pages: 2, newestMs: 9 });
});

test.each([[[]], [[5]], [[5, 5, 5]]])('of rows at %j nobody can tell whether they fall', async (list) => {
  const { falling } = await walk(
    list.map((time, i) => row(time, `${i}`)),
    10,
    null,
  );
  expect(falling).toBe(false);
});

test('a page that comes again ends it', async () => {
  let pages = 0;
  const same = async () => {
    pages++;
    return [row(1), row(2)];
  };
  expect(await walkPages(same, null)).toMatchObject({ whole: true });
  expect(pages).toBe(2);
});

test('a list without an end is given up', async () => {
  await expect(walkPages(async (page) => [row(page)], null)).rejects.toThrow(/no end/);
});
