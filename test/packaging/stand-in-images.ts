import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { available } from '../servers/available.js';

/**
 * For `describe.skipIf(!canBuild)`: images are built without an engine, which takes root, Debian's archive and two
 * minutes, so only when they are asked for with SCALETAP_IMAGE=1.
 */
export const canBuild =
  process.env.SCALETAP_IMAGE === '1' &&
  process.getuid?.() === 0 &&
  available('buildah') &&
  available('debootstrap');

const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** Builds images in a folder of its own. */
interface Builder {
  /** Runs buildah, and gives what it prints on stdout; throws with what it has said when it fails. */
  buildah(...args: string[]): Promise<string>;
  /** Takes all of it away. */
  remove(): Promise<void>;
}

/**
 * A builder that has stand-ins for the images which the Dockerfile starts from, as nothing is fetched from an image
 * registry: a Debian out of debootstrap, and the same with the Node and npm of this machine.
 */
export async function startBuilder(): Promise<Builder> {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-image-'));
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'overlay' };
  const run = async (command: string, args: readonly string[]) =>
    (await promisify(execFile)(command, args, { env, maxBuffer: 2 ** 26 })).stdout.trim();
  const storage = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
  const buildah = (...args: string[]) => run('buildah', [...storage, ...args]);
  const remove = async () => {
    await buildah('rm', '--all');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const debian = join(folder, 'debian');
    mkdirSync(debian);
    await run('debootstrap', ['--variant=minbase', 'bookworm', debian, 'http://deb.debian.org/debian']);
    const base = await buildah('from', 'scratch');
    await buildah('copy', '--quiet', base, debian, '/');
    await buildah('commit', '--quiet', base, 'docker.io/library/debian:bookworm-slim');
    const withNode = await buildah('from', '--pull-never', 'docker.io/library/debian:bookworm-slim');
    const npm = join(await run('npm', ['root', '--global']), 'npm');
    await buildah('copy', '--quiet', withNode, process.execPath, '/usr/local/bin/node');
    await buildah('copy', '--quiet', withNode, npm, '/usr/local/lib/node_modules/npm');
    await buildah(
      'run',
      withNode,
      'ln',
      '-s',
      '../lib/node_modules/npm/bin/npm-cli.js',
      '/usr/local/bin/npm',
    );
    // A machine behind a proxy that inspects TLS trusts more than Node does by itself.
    await buildah('copy', '--quiet', withNode, certificates, certificates);
    await buildah('config', '--env', `NODE_EXTRA_CA_CERTS=${certificates}`, withNode);
    await buildah('commit', '--quiet', withNode, 'docker.io/library/node:20-bookworm-slim');
  } catch (error) {
    await remove();
    throw error;
  }
  return { buildah, remove };
}
