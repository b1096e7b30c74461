/**
 * Makes a checkout ready to run: installs the dependencies when the lock file has changed, builds when a source
 * has. Needs nothing but Node and npm; does nothing the second time.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`scaletap needs Node.js 20.19 or later; this is ${process.versions.node}`);
  process.exit(1);
}

/** Installs and builds what is not up to date. Ends the process with what went wrong. */
export function ready() {
  once('node_modules/.ready', installInputs(), 'installing the dependencies', () => {
    // Not `npm ci`: it refuses a lock file without the optional packages of every other platform.
    run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  });
  once('dist/.ready', buildInputs(), 'building', () => {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    run(process.execPath, ['scripts/build.mjs']);
  });
}

/** Runs a command in the checkout, its output on stderr; ends the process when it fails. */
export function run(command, args, env = {}) {
  const options = { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } };
  const { status, error } = spawnSync(command, args, options);
  if (status === 0) return;
  console.error(`scaletap: \`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

/** Does the work unless the stamp says that it was done for the same inputs. */
function once(stampFile, inputs, what, work) {
  const stamp = join(root, stampFile);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return;
  console.error(`scaletap: ${what} ...`);
  work();
  writeFileSync(stamp, inputs);
}

function installInputs() {
  return hash(['package-lock.json'], `${process.platform} ${process.arch} ${process.versions.modules}`);
}

function buildInputs() {
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'tsconfig.page.json', 'scripts/build.mjs'];
  return hash([...settings, 'package-lock.json', ...sources], '');
}

function hash(files, more) {
  const sum = createHash('sha256').update(more);
  for (const file of files) sum.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  return sum.digest('hex');
}
