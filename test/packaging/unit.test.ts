import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { root } from '../docs/pages.js';
import { available } from '../servers/available.js';

/** The unit, as far as it can be judged without a systemd that runs it. */

const verifier = 'systemd-analyze';
const unit = readFileSync(join(root, 'packaging/scaletap.service'), 'utf8');

/** The unit in a file of its own, with the Node that is here. */
function file(text = unit): string {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-unit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'scaletap.service');
  writeFileSync(path, text.replace('/usr/bin/node', process.execPath));
  return path;
}

function analyze(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(verifier, args, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe.skipIf(!available(verifier))('systemd', () => {
  test('finds nothing wrong with it', () => {
    expect(analyze('verify', file())).toEqual({ status: 0, said: '' });
  });

  test('finds it exposed by no more than 2 of 10', () => {
    const { status, said } = analyze('security', '--offline=true', '--threshold=20', '--no-pager', file());
    expect({ status, said: status === 0 ? '' : said }).toEqual({ status: 0, said: '' });
  });

  test('would find it exposed without its sandbox', () => {
    const bare = unit.replace(/^(Protect|Private|Restrict|SystemCall|Capability).*$/gm, '');
    expect(analyze('security', '--offline=true', '--threshold=20', '--no-pager', file(bare)).status).not.toBe(
      0,
    );
  });
});

test('it may do what scaletap cannot do without', () => {
  expect(unit).toMatch(/^AmbientCapabilities=CAP_NET_BIND_SERVICE$/m);
  expect(unit).toMatch(/^NotifyAccess=all$/m);
  // Node asks for the addresses of the machine over netlink, and compiles while it runs.
  expect(unit).toMatch(/^RestrictAddressFamilies=.*\bAF_UNIX AF_NETLINK$/m);
  expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m);
});
