import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kindCloud, postAll, weighIn } from './cloud.js';
import { readingsOf, serve, until } from './scaletap.js';
import { canMount, fill, smallDisk } from './small-disk.js';

/** A data folder on a file system of its own that is really full. */

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe.skipIf(!canMount())('on a full disk', () => {
  test('relaying goes on; what came meanwhile is kept when there is space again', async () => {
    const disk = smallDisk();
    const dataDir = join(disk, 'data');
    const { program, port } = await serve(dataDir, await kindCloud());
    await program.says(/keeping exchanges/);
    await postAll(port, range(0, 10).map(weighIn));
    await until('the first readings', async () => (await readingsOf(dataDir)).length === 10 || undefined);

    const makeSpace = fill(disk);
    // The last free pages of files that are there take some more.
    await until('the failure', async () => {
      await postAll(port, range(10, 60).map(weighIn));
      return program.stderr.includes('cannot write') || undefined;
    });
    const from = performance.now();
    await postAll(port, range(60, 100).map(weighIn));
    expect(performance.now() - from).toBeLessThan(3000);
    // Some tries later it has still been said only once.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(program.stderr.match(/ error .*/g)).toEqual([
      expect.stringMatching(
        / error cannot write .*scaletap\.db: .*full\. Relaying goes on; exchanges wait in memory/,
      ),
    ]);

    makeSpace();
    await program.says(/ warn {2}the store works again; what waited for it is kept/);
    await until('all readings', async () => (await readingsOf(dataDir)).length === 100 || undefined);
    await postAll(port, range(100, 110).map(weighIn));
    expect(await program.kill('SIGTERM')).toBe(0);
    expect(await readingsOf(dataDir)).toHaveLength(110);
  }, 60_000);

  test('it starts, relays, and keeps everything when there is space', async () => {
    const disk = smallDisk();
    const dataDir = join(disk, 'data');
    const makeSpace = fill(disk);
    const { program, port } = await serve(dataDir, await kindCloud());
    await program.says(
      / error cannot open .*scaletap\.db for now .*Relaying goes on; exchanges wait in memory/,
    );
    await postAll(port, range(0, 20).map(weighIn));
    makeSpace();
    await program.says(/keeping exchanges and readings/);
    expect(await program.kill('SIGTERM')).toBe(0);
    expect(await readingsOf(dataDir)).toHaveLength(20);
    expect(program.stderr.match(/ error /g)).toHaveLength(1);
  }, 60_000);

  test('an end that comes before there is space says what is lost, in bounded time', async () => {
    const disk = smallDisk();
    fill(disk);
    const { program, port } = await serve(join(disk, 'data'), await kindCloud());
    await postAll(port, range(0, 3).map(weighIn));
    const from = performance.now();
    expect(await program.kill('SIGTERM')).toBe(0);
    expect(performance.now() - from).toBeLessThan(13_000);
    // It has tried several times by then.
    expect(program.stderr.match(/ error .*/g)).toEqual([
      expect.stringContaining('cannot open'),
      ' error 3 exchanges were relayed but could not be kept',
    ]);
  }, 60_000);
});
