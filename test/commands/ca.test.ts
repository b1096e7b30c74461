import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { exportTo, renew, show } from '../../src/commands/ca.js';
import { UsageError } from '../../src/model/errors.js';
import { folder } from './scaletap.js';

let dataDir: string;

beforeEach(() => {
  dataDir = folder();
});

/** What a command prints. */
async function printed(command: () => Promise<number>): Promise<string> {
  const parts: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text, done: unknown) => {
    parts.push(String(text));
    if (typeof done === 'function') done();
    return true;
  });
  try {
    expect(await command()).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return parts.join('');
}

function inFolder(name = 'scaletap-ca.pem'): string {
  return readFileSync(join(dataDir, 'certs', name), 'utf8');
}

describe('show', () => {
  test('tells name, fingerprint, times and where it is', async () => {
    const shown = await printed(() => show({ dataDir }));
    const { fingerprint256 } = new X509Certificate(inFolder());
    expect(shown).toMatch(/^Subject {6}O=scaletap, CN=scaletap CA [0-9a-f]{6}$/m);
    expect(shown).toContain(`SHA-256      ${fingerprint256}\n`);
    expect(shown).toMatch(/^Valid from {3}\d{4}-\d\d-\d\d /m);
    expect(shown).toMatch(/^Valid until {2}\d{4}-\d\d-\d\d .* \(365\d days left\)$/m);
    expect(shown).toContain(`Certificate  ${join(dataDir, 'certs', 'scaletap-ca.pem')}\n`);
  });

  test('tells the same again', async () => {
    expect(await printed(() => show({ dataDir }))).toBe(await printed(() => show({ dataDir })));
  });
});

describe('export', () => {
  test('writes PEM to stdout, without the key', async () => {
    const text = await printed(() => exportTo({ dataDir, out: null }));
    expect(text).toBe(inFolder());
    expect(text).not.toContain('PRIVATE');
  });

  test.each(['pem', 'der', 'cer', 'crt', 'CRT'])('writes .%s in its form', async (ending) => {
    const out = join(dataDir, `ca.${ending}`);
    const said = await printed(() => exportTo({ dataDir, out }));
    const { raw, fingerprint256 } = new X509Certificate(inFolder());
    expect(readFileSync(out)).toEqual(ending === 'pem' ? Buffer.from(inFolder()) : raw);
    expect(said).toContain(`is written to ${out}\nSHA-256 ${fingerprint256}\n`);
  });

  test('writes .mobileconfig for iPhones', async () => {
    const out = join(dataDir, 'ca.mobileconfig');
    await printed(() => exportTo({ dataDir, out }));
    expect(readFileSync(out, 'utf8')).toContain('com.apple.security.root');
  });

  test.each(['ca.key', 'ca.p12', 'ca', '.pem'])('does not write %s', async (name) => {
    const exporting = exportTo({ dataDir, out: join(dataDir, name) });
    await expect(exporting).rejects.toThrow(UsageError);
    await expect(exporting).rejects.toThrow('must end in one of .pem, .der, .cer, .crt, .mobileconfig');
    expect(readdirSync(dataDir)).toEqual([]);
  });
});

test('renew shows the new one, says where the old is, and what to do', async () => {
  await printed(() => show({ dataDir }));
  const old = inFolder();
  const warn = vi.fn();
  const log = { error: vi.fn(), warn, info: vi.fn(), debug: vi.fn() };
  const said = await printed(() => renew({ dataDir }, log));
  expect(inFolder()).not.toBe(old);
  expect(said).toContain(new X509Certificate(inFolder()).fingerprint256);
  expect(said).not.toContain(new X509Certificate(old).fingerprint256);
  const kept = /^The old one is kept as (.*\.pem)$/m.exec(said)?.[1] ?? '';
  expect(readFileSync(kept, 'utf8')).toBe(old);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('every phone must get the new authority'));
});
