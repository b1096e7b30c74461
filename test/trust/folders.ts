import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is not there yet, in one that is gone after the test. */
export function freshFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'scaletap-trust-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'certs');
}
