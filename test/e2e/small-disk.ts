import { spawnSync } from 'node:child_process';
import { appendFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { folder } from './scaletap.js';

/** A file system of its own for a test, so small that it can be filled. */

/** Mounts some MiB of memory on a folder for the time of a test. */
export function smallDisk(mib = 2): string {
  const path = folder();
  const mounted = spawnSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'scaletap-test', path]);
  if (mounted.status !== 0) throw new Error(`cannot mount: ${mounted.stderr}`);
  onTestFinished(() => {
    spawnSync('/usr/bin/umount', ['--lazy', path]);
  });
  return path;
}

/** Whether small file systems can be mounted here, which takes root. */
export function canMount(): boolean {
  // In a name space of its own, where it goes as soon as it has come.
  const probe = spawnSync('/usr/bin/unshare', [
    '--mount',
    '/usr/bin/mount',
    '-t',
    'tmpfs',
    'scaletap-test',
    '/mnt',
  ]);
  if (probe.status === 0) return true;
  process.stderr.write(
    'no file system can be mounted here (are you root?): the tests of a full disk are skipped\n',
  );
  return false;
}

/** Fills a disk to the last byte, and gives what makes space again. */
export function fill(disk: string): () => void {
  const ballast = join(disk, 'ballast');
  for (let size = 65_536; size > 0; size >>= 1) {
    try {
      for (;;) appendFileSync(ballast, Buffer.alloc(size));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
  expect(statfsSync(disk).bfree).toBe(0);
  return () => rmSync(ballast);
}
