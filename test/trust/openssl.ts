import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The program, for a second opinion of our certificates. Small images of Node come without it. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** All that it says. */
export function openssl(args: readonly string[], input: string): string {
  const { stdout, stderr } = spawnSync('openssl', args, { input, encoding: 'utf8' });
  return stdout + stderr;
}

/** What it says of a leaf of a root, as the certificate of a server. */
export function verified(root: string, leaf: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-openssl-'));
  try {
    const file = join(folder, 'root.pem');
    writeFileSync(file, root);
    return openssl(['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', file], leaf);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
