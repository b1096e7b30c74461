import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { run } from '../../src/commands/password.js';
import { isPassword, readPassword } from '../../src/web/password-file.js';
import { folder, scaletap } from './scaletap.js';

/** What is kept of a password; that a running server goes by it is in test/web/access.test.ts. */

/** Somebody at a terminal, who types lines when asked. A real terminal cannot be had in a test. */
function typing(...lines: string[]): void {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  const real = Object.getOwnPropertyDescriptor(process, 'stdin');
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
  const asked = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    if (String(text).endsWith(': ')) setImmediate(() => stdin.write(`${lines.shift() ?? ''}\r`));
    return true;
  });
  const told = vi.spyOn(process.stdout, 'write').mockImplementation((_, ...rest: unknown[]) => {
    for (const done of rest) if (typeof done === 'function') done();
    return true;
  });
  onTestFinished(() => {
    asked.mockRestore();
    told.mockRestore();
    if (real) Object.defineProperty(process, 'stdin', real);
  });
}

async function isSet(dataDir: string, password: string): Promise<boolean> {
  const kept = await readPassword(dataDir);
  return kept !== null && (await isPassword(kept, password));
}

describe('scaletap password', () => {
  test('keeps what is typed twice, also in a folder that is not there yet', async () => {
    const dataDir = join(folder(), 'data');
    typing('long enough', 'long enough');
    expect(await run({ dataDir, passwordFile: null }, [])).toBe(0);
    expect(await isSet(dataDir, 'long enough')).toBe(true);
    expect(await isSet(dataDir, 'long enougH')).toBe(false);
    const file = join(dataDir, 'web-access.json');
    expect(readFileSync(file, 'utf8')).not.toContain('long enough');
    expect([statSync(dataDir).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test.each([
    [['long enough', 'long enouhg'], 'the two are not the same'],
    [['short', 'short'], 'at least 8 characters'],
    [['x'.repeat(1001)], 'at most 1000 characters'],
    [[''], 'nothing was typed'],
  ])('changes nothing for %j: %s', async (lines, why) => {
    const dataDir = folder();
    typing(...lines);
    await expect(run({ dataDir, passwordFile: null }, [])).rejects.toThrow(why);
    expect(existsSync(join(dataDir, 'web-access.json'))).toBe(false);
  });

  test('takes it from a file, where there is no terminal', async () => {
    const dataDir = folder();
    const file = join(dataDir, 'secret');
    writeFileSync(file, 'long enough\n');
    const set = await scaletap('password', '--data-dir', dataDir, '--password-file', file);
    expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('web-access.json') });
    expect(await isSet(dataDir, 'long enough')).toBe(true);
    expect(await scaletap('password', 'remove', '--data-dir', dataDir)).toMatchObject({ code: 0 });
    expect(await readPassword(dataDir)).toBeNull();
    const again = await scaletap('password', 'remove', '--data-dir', dataDir);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('no password') });
  });

  test('is not told it on the command line', async () => {
    const dataDir = folder();
    expect(await scaletap('password', 'hunter22', '--data-dir', dataDir)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('never written on the command line'),
    });
    expect(await readPassword(dataDir)).toBeNull();
  });
});
