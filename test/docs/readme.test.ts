import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPage, root, section } from './pages.js';

const readme = readPage('README.md');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scaletap-readme-'));
});

afterAll(() => rm(folder, { recursive: true }));

test('the demo prints what the README shows, in that order', () => {
  const { stdout, status } = spawnSync(process.execPath, [join(root, 'dist/main.js'), 'demo'], {
    cwd: folder,
    env: { PATH: process.env.PATH, TZ: 'UTC' },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const shown = section(readme, 'demo')
    .split('\n')
    .filter((line) => line.trim() !== '');
  expect(shown.length).toBeGreaterThan(8);
  const printed = stdout.split('\n');
  let at = 0;
  for (const line of shown.map((text) => text.slice(4))) {
    if (line.trim() === '...') continue;
    const found = printed.indexOf(line, at);
    expect(found, line).toBeGreaterThanOrEqual(0);
    at = found + 1;
  }
});
