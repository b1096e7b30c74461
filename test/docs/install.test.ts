import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readPage, root } from './pages.js';

test('the passwords for Compose are random, private to their owner, and ignored by git', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-install-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = /```sh\n(.*?)```/s.exec(readPage('docs/install.md').text)?.[1] ?? '';
  execFileSync('sh', ['-euc', script], { cwd: folder });
  const file = join(folder, '.env');
  const made = [...readFileSync(file, 'utf8').matchAll(/^\w+_PASSWORD=([0-9a-f]{48})$/gm)].map(
    ([, it]) => it,
  );
  expect(made.length).toBeGreaterThan(3);
  expect(new Set(made).size).toBe(made.length);
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readFileSync(join(root, '.gitignore'), 'utf8').split('\n')).toContain('.env');
});
