import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { filesIn, readPage, root, section, tableRows } from './pages.js';

/** The floor of every room, by its name in the table of docs/design.md: `wire/`, `app.ts`. */
const floors = new Map<string, number>();
for (const [floor, rooms = ''] of tableRows(section(readPage('docs/design.md'), 'floors'))) {
  for (const [, room = ''] of rooms.matchAll(/`([^`]+)`/g)) floors.set(room, Number(floor));
}

/** The room that a file of `src` is in. */
function roomOf(path: string): string {
  const [first = '', ...rest] = path.split('/').slice(1);
  return rest.length === 0 ? first : `${first}/`;
}

/** `src/wire/tap.ts -> src/wire/reader.ts` for every import of ours, types too. */
function imports(): { from: string; to: string }[] {
  return filesIn('src').flatMap((from) => {
    const text = readFileSync(join(root, from), 'utf8');
    const named = text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)\.js'/g);
    return [...named].map(([, to = '']) => ({ from, to: `${normalize(join(dirname(from), to))}.ts` }));
  });
}

test('every room has its floor in the table, and every room of the table is there', () => {
  const rooms = new Set(filesIn('src').map(roomOf));
  expect([...floors.keys()].sort()).toEqual([...rooms].sort());
});

test('nothing imports from another room on its own floor or above', () => {
  const floorOf = (path: string) => floors.get(roomOf(path)) ?? Number.NaN;
  const between = imports().filter(({ from, to }) => roomOf(from) !== roomOf(to));
  expect(between.length).toBeGreaterThan(50);
  const upwards = between.filter(({ from, to }) => !(floorOf(to) < floorOf(from)));
  expect(upwards.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});
