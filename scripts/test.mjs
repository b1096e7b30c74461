/**
 * `npm test [-- TESTS ...]`: makes the checkout ready, gets the servers, checks format, lint, types and unused
 * code, then runs the tests.
 */
import { spawn } from 'node:child_process';
import { ready, root } from './ready.mjs';
import { getServers } from './servers.mjs';

ready();
getServers();

const bin = (name) => `node_modules/.bin/${name}`;
const checks = [
  [bin('biome'), 'ci', '--colors=off', '.'],
  [bin('tsc')],
  [bin('tsc'), '-p', 'tsconfig.page.json', '--noEmit'],
  [bin('knip'), '--no-progress'],
];

const failed = (await Promise.all(checks.map(quietly))).filter((name) => name !== null);
if (failed.length > 0) {
  console.error(`scaletap: failed: ${failed.join(', ')}. \`npm run format\` mends the format`);
  process.exit(1);
}
console.error('scaletap: format, lint, types and unused code are in order');

const tests = spawn(bin('vitest'), ['run', ...process.argv.slice(2)], { cwd: root, stdio: ['ignore', 1, 2] });
tests.on('exit', (code) => {
  process.exitCode = code ?? 1;
});

/** Runs a check; shows its output, and gives its name, only when it fails. */
function quietly([command, ...args]) {
  return new Promise((resolve) => {
    const output = [];
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => {
      if (code !== 0) process.stderr.write(Buffer.concat(output));
      resolve(code === 0 ? null : command.split('/').at(-1));
    });
  });
}
