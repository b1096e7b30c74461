import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readPage, section, tableRows } from './docs/pages.js';

/**
 * The floor of every room by the table of docs/design.md, 0 the ground: a room may use itself and the floors below,
 * and knows nothing of its neighbours.
 */
const floors = new Map<string, number>();
for (const [floor, rooms = ''] of tableRows(section(readPage('docs/design.md'), 'floors'))) {
  for (const [, room = ''] of rooms.matchAll(/`([^`]+?)(?:\/|\.ts)`/g)) floors.set(room, Number(floor));
}

/** Modules that only these rooms or files may use: what a room is there for, nobody else does. */
const reserved: Readonly<Record<string, readonly string[]>> = {
  // The stand-ins of the demo are another party on the network; the configuration only asks what an address is.
  'node:net': ['wire', 'control', 'commands/demo-peers.ts', 'config/values.ts'],
  'node:tls': ['wire', 'trust'],
  'node:dns': ['wire'],
  'node:http': ['sinks', 'web'],
  'node:https': ['sinks', 'web'],
  'node:worker_threads': ['recorder', 'views'],
  libsql: ['store'],
  kysely: ['store'],
  influx: ['sinks/influx'],
  mqtt: ['sinks/mqtt'],
  'node-forge': ['trust'],
  undici: ['pull', 'sinks/influx'],
  uplot: ['page'],
  yaml: ['config'],
  yargs: ['cli'],
  zod: ['views'],
};

/** All that these rooms may use from outside of src: they compute, and know neither time nor world. */
const pure: Readonly<Record<string, readonly string[]>> = {
  model: ['node:crypto'],
  vendors: ['node:crypto', 'node:zlib'],
};

/** How a clock, an accident or the world would get into them. */
const impure =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\b|\bprocess\.|\bMath\.random\b|\brandomBytes\b|\bset(Timeout|Interval|Immediate)\b|\bfetch\(/;

interface Source {
  /** Below src, with slashes. */
  readonly path: string;
  readonly text: string;
}

const src = fileURLToPath(new URL('../src', import.meta.url));

const sources: Source[] = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((file) => ({ path: relative(src, file).replaceAll('\\', '/'), text: readFileSync(file, 'utf8') }));

function roomOf(path: string): string {
  return path.split('/')[0]?.replace(/\.(ts|js)$/, '') ?? '';
}

function floorOf(room: string): number {
  return floors.get(room) ?? Number.NaN;
}

interface Import {
  /** For a file of ours the path below src; else the name, such as `node:dns/promises`. */
  readonly name: string;
  readonly ours: boolean;
}

/** What a source imports. */
function importsOf({ path, text }: Source): Import[] {
  const named = text.matchAll(
    /^(?:import|export)\b[^;]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
  );
  return [...named]
    .map(([, from, effect, dynamic]) => from ?? effect ?? dynamic ?? '')
    .map((name) =>
      name.startsWith('.')
        ? { name: join(path, '..', name).replaceAll('\\', '/'), ours: true }
        : { name, ours: false },
    );
}

/** Every import of a source that breaks a rule of this page. */
function breaches(source: Source): string[] {
  const { path, text } = source;
  const room = roomOf(path);
  const found: string[] = [];
  for (const { name, ours } of importsOf(source)) {
    const to = roomOf(name);
    if (ours && to !== room && !(floorOf(to) < floorOf(room))) found.push(`${path} imports upwards: ${name}`);
    const root = ours ? '' : name.replace(/^([^/]+)\/.*/, '$1');
    const owners = reserved[root];
    if (owners && !owners.some((owner) => path === owner || path.startsWith(`${owner}/`) || room === owner)) {
      found.push(`${path} does the work of ${owners.join(' or ')}: ${name}`);
    }
    if (!ours && pure[room] && !pure[room].includes(name)) found.push(`${path} is not pure: ${name}`);
  }
  const [clock] = (pure[room] && impure.exec(text)) ?? [];
  if (clock !== undefined) found.push(`${path} is not pure: ${clock}`);
  return found;
}

test('every room has its floor in the table, and every room of the table is there', () => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)));
  expect([...floors.keys()].sort()).toEqual([...rooms].sort());
});

test('nothing imports upwards, does the work of another room, or is less pure than it should be', () => {
  expect(sources.flatMap(breaches)).toEqual([]);
});

describe('the rules can be broken:', () => {
  test.each([
    [
      'wire/tap.ts',
      "import { withings } from '../vendors/withings/index.js';",
      'upwards: vendors/withings/index.js',
    ],
    ['wire/tap.ts', "import type {\n  Store,\n} from '../store/store.js';", 'upwards: store/store.js'],
    ['model/kind.ts', "export { log } from '../log.js';", 'upwards: log.js'],
    ['sinks/index.ts', "const store = await import('../store/store.js');", 'upwards: store/store.js'],
    ['vendors/a/b.ts', "import { readFileSync } from 'node:fs';", 'not pure: node:fs'],
    ['vendors/a/b.ts', "import 'node:http';", 'not pure: node:http'],
    ['vendors/a/b.ts', 'const now = new Date();', 'not pure: new Date()'],
    ['vendors/a/b.ts', 'const now = Date.now();', 'not pure: Date.now'],
    ['web/api.ts', "import Libsql from 'libsql';", 'does the work of store: libsql'],
    [
      'offline/names.ts',
      "import { Resolver } from 'node:dns/promises';",
      'does the work of wire: node:dns/promises',
    ],
  ])('%s: %s', (path, text, breach) => {
    expect(breaches({ path, text })).toContainEqual(expect.stringContaining(breach));
  });

  test('and are kept by what is usual', () => {
    const text = "import { a } from './b.js';\nimport { c } from '../model/d.js';\nconst t = new Date(ms);";
    expect(breaches({ path: 'vendors/a.ts', text })).toEqual([]);
  });
});
