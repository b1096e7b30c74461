import { spawn } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { checkServerIdentity, connect, createServer, type SecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/model/errors.js';
import { type Authority, openAuthority, renewAuthority } from '../../src/trust/authority.js';
import { freshFolder } from './folders.js';

const DAY_MS = 86_400_000;
const names = ['scaletap-ca.key', 'scaletap-ca.pem'] as const;

/** An authority that tests may not change, and what is in its files. */
let folder: string;
let authority: Authority;
let keyText: string;
let pemText: string;
/** The files of another one. */
let otherKey: string;
let otherPem: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scaletap-trust-'));
  authority = await openAuthority(folder);
  [keyText, pemText] = filesOf(folder);
  const other = join(folder, 'other');
  await openAuthority(other);
  [otherKey, otherPem] = filesOf(other);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function filesOf(where: string): [key: string, pem: string] {
  return [readFileSync(join(where, names[0]), 'latin1'), readFileSync(join(where, names[1]), 'latin1')];
}

/** A folder with these files; null is none. */
function folderWith(key: string | null, pem: string | null): string {
  const where = freshFolder();
  mkdirSync(where);
  if (key !== null) writeFileSync(join(where, names[0]), key, 'latin1');
  if (pem !== null) writeFileSync(join(where, names[1]), pem, 'latin1');
  return where;
}

describe('on an empty folder', () => {
  test('an authority is made, and is the same from then on', async () => {
    const where = freshFolder();
    const made = await openAuthority(where);
    const { contextFor: _, ...opened } = await openAuthority(where);
    expect(made).toMatchObject(opened);
    expect(opened.subject).toMatch(/^O=scaletap, CN=scaletap CA [0-9a-f]{6}$/);
    expect(opened.fingerprintSha256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(opened.pem).toBe(filesOf(where)[1]);
  });

  test('folder and files are for their owner alone, and nothing else is left in it', async () => {
    const where = freshFolder();
    await openAuthority(where);
    expect(readdirSync(where).sort()).toEqual(names);
    expect(statSync(where).mode & 0o777).toBe(0o700);
    for (const name of names) expect(statSync(join(where, name)).mode & 0o777).toBe(0o600);
  });

  test('many at once in one process end with the same', async () => {
    const where = freshFolder();
    const all = await Promise.all(Array.from({ length: 5 }, () => openAuthority(where)));
    expect(new Set(all.map(({ fingerprintSha256 }) => fingerprintSha256)).size).toBe(1);
    expect(readdirSync(where).sort()).toEqual(names);
  });

  test('several processes at once end with the same', async () => {
    const module = fileURLToPath(new URL('../../dist/trust/authority.js', import.meta.url));
    const script = `const { openAuthority } = await import(process.argv[1]);
      console.log((await openAuthority(process.argv[2])).fingerprintSha256);`;
    const where = freshFolder();
    const started = Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, where]);
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
      expect(err).toBe('');
      return out;
    });
    const { fingerprintSha256 } = (await started[0]?.then(() => openAuthority(where))) ?? {};
    expect(await Promise.all(started)).toEqual(Array(4).fill(`${fingerprintSha256}\n`));
  });

  test('none is made while the clock says 1970', async () => {
    const where = freshFolder();
    await expect(openAuthority(where, { nowMs: () => 10_000 })).rejects.toThrow('set the clock');
    expect(() => readdirSync(where)).toThrow('ENOENT');
  });
});

test('rights that are too wide are narrowed', async () => {
  const where = folderWith(keyText, pemText);
  expect(statSync(join(where, names[0])).mode & 0o044).not.toBe(0);
  await openAuthority(where);
  for (const name of names) expect(statSync(join(where, name)).mode & 0o777).toBe(0o600);
});

describe('refused, and left as it is:', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const locked = short.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  const pemOf = (key: typeof ec) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

  test.each([
    ['a key alone', () => [keyText, null], /ca\.key is there, but .*ca\.pem is missing or empty/],
    ['a certificate alone', () => [null, pemText], /ca\.pem is there, but .*ca\.key is missing or empty/],
    ['an empty key', () => ['', pemText], /ca\.pem is there, but .*ca\.key is missing or empty/],
    ['an empty certificate', () => [keyText, ''], /ca\.key is there, but .*ca\.pem is missing or empty/],
    ['half a key', () => [keyText.slice(0, 800), pemText], /ca\.key is damaged, it holds no private key/],
    ['half a certificate', () => [keyText, pemText.slice(0, 600)], /ca\.pem is damaged, it holds no cert/],
    ['no PEM as key', () => ['\0\u00ff', pemText], /ca\.key is damaged, it holds no private key/],
    ['no PEM as certificate', () => [keyText, 'hello'], /ca\.pem is damaged, it holds no certificate/],
    ['a key as certificate', () => [keyText, keyText], /ca\.pem is damaged, it holds no certificate/],
    ['a key that is too large', () => [' '.repeat(65_537), pemText], /ca\.key is too large/],
    ['a key with a passphrase', () => [String(locked), pemText], /ca\.key is a key with a passphrase/],
    ['an EC key', () => [pemOf(ec), pemText], /ca\.key is not an RSA key of at least 2048 bits/],
    ['a short RSA key', () => [pemOf(short), pemText], /ca\.key is not an RSA key of at least 2048 bits/],
    ['the key of another', () => [otherKey, pemText], /ca\.key is not the key of .*ca\.pem/],
    ['the certificate of another', () => [keyText, otherPem], /ca\.key is not the key of .*ca\.pem/],
  ] as [string, () => [string | null, string | null], RegExp][])('%s', async (_, files, problem) => {
    const [key, pem] = files();
    const where = folderWith(key, pem);
    const before = readdirSync(where);
    const opening = openAuthority(where);
    await expect(opening).rejects.toThrow(UserError);
    await expect(opening).rejects.toThrow(problem);
    await expect(opening).rejects.toThrow(/put it back from a copy, or run `scaletap ca renew`/);
    expect(readdirSync(where)).toEqual(before);
    if (key !== null) expect(readFileSync(join(where, names[0]), 'latin1')).toBe(key);
    if (pem !== null) expect(readFileSync(join(where, names[1]), 'latin1')).toBe(pem);
  });

  test('a certificate of a server', async () => {
    const { certificate } = await servedBy(await authority.contextFor('a.example'), 'a.example');
    await expect(openAuthority(folderWith(keyText, certificate.toString()))).rejects.toThrow(
      /ca\.pem is not the certificate of a root authority/,
    );
  });

  test('a folder in the place of a file', async () => {
    const where = folderWith(null, pemText);
    mkdirSync(join(where, names[0]));
    await expect(openAuthority(where)).rejects.toThrow(/ca\.key is not a plain file/);
  });

  test('a file in the place of the folder', async () => {
    const where = freshFolder();
    writeFileSync(where, '');
    await expect(openAuthority(where)).rejects.toThrow(/cannot read .*ca\.key \(ENOTDIR\): give this user/);
  });

  test.skipIf(process.getuid?.() === 0)('a file without the right to read it', async () => {
    const where = folderWith(keyText, pemText);
    rmSync(join(where, names[0]));
    writeFileSync(join(where, names[0]), keyText, { mode: 0 });
    await expect(openAuthority(where)).rejects.toThrow(/cannot read .*ca\.key \(EACCES\): give this user/);
  });
});

test('a file that comes while another process makes it is waited for', async () => {
  const where = folderWith(keyText, null);
  const opening = openAuthority(where);
  setTimeout(() => writeFileSync(join(where, names[1]), pemText), 150);
  expect((await opening).fingerprintSha256).toBe(authority.fingerprintSha256);
});

test('with a byte changed or an end cut off it is the same authority or refused', {
  timeout: 60_000,
}, async () => {
  const fault = fc.record({
    which: fc.constantFrom(0, 1),
    at: fc.nat(2000),
    change: fc.option(fc.integer({ min: 1, max: 255 })),
  });
  await fc.assert(
    fc.asyncProperty(fault, async ({ which, at, change }) => {
      const texts = [Buffer.from(keyText), Buffer.from(pemText)] as const;
      const text = texts[which === 0 ? 0 : 1];
      const place = at % text.length;
      const bad = change === null ? text.subarray(0, place) : Buffer.from(text);
      if (change !== null) bad[place] = (bad[place] ?? 0) ^ change;
      const where = mkdtempSync(join(folder, 'faulty-'));
      writeFileSync(join(where, names[0]), which === 0 ? bad : texts[0]);
      writeFileSync(join(where, names[1]), which === 1 ? bad : texts[1]);
      const found = await openAuthority(where).catch((error: unknown) => error);
      if (!(found instanceof UserError)) {
        expect(found).toHaveProperty('fingerprintSha256', authority.fingerprintSha256);
      }
    }),
    { numRuns: 40 },
  );
});

describe('when the clock is not within its time', () => {
  test.each([
    ['before', () => authority.notBeforeMs - 1, /is valid from .* on, but the clock .*: set the clock/],
    ['after', () => authority.notAfterMs + 1, /was valid until .*: run `scaletap ca renew` and put/],
  ])('%s it is not opened', async (_, nowMs, problem) => {
    const opening = openAuthority(folder, { nowMs });
    await expect(opening).rejects.toThrow(UserError);
    await expect(opening).rejects.toThrow(problem);
  });

  test('no leaf is made of it', async () => {
    let nowMs = authority.notAfterMs;
    const { contextFor } = await openAuthority(folder, { nowMs: () => nowMs });
    await contextFor('a.example');
    nowMs++;
    await expect(contextFor('b.example')).rejects.toThrow('was valid until');
    await expect(contextFor('a.example')).rejects.toThrow('was valid until');
  });
});

describe('a leaf', () => {
  test.each([
    'cloud.renpho.com',
    'Renpho.QNclouds.com',
    '127.0.0.1',
    '::1',
    `${'a'.repeat(60)}.qnclouds.com`,
  ])('is accepted by a client for %s', async (host) => {
    const { authorized, certificate } = await servedBy(await authority.contextFor(host), host);
    expect(authorized).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(authority.pem))).toBe(true);
  });

  test('is not accepted for another host', async () => {
    const context = await authority.contextFor('cloud.renpho.com');
    await expect(servedBy(context, 'renpho.qnclouds.com')).rejects.toThrow("does not match certificate's");
  });

  test('is not made for what is no host', async () => {
    await expect(authority.contextFor('*.qnclouds.com')).rejects.toThrow('is not a host');
  });

  test('is one for a host, in whatever case', async () => {
    expect(await authority.contextFor('one.example.')).toBe(await authority.contextFor('ONE.example'));
  });

  test('is renewed at half of its life', async () => {
    let nowMs = Date.now();
    const { contextFor } = await openAuthority(folder, { nowMs: () => nowMs });
    const first = await contextFor('a.example');
    nowMs += 21 * DAY_MS;
    expect(await contextFor('a.example')).toBe(first);
    nowMs += 2 * DAY_MS;
    expect(await contextFor('a.example')).not.toBe(first);
  });
});

describe('renew', () => {
  test('makes another, and keeps both files of the old one', async () => {
    const where = folderWith(keyText, pemText);
    const { authority: made, kept } = await renewAuthority(where);
    expect(made.fingerprintSha256).not.toBe(authority.fingerprintSha256);
    expect((await openAuthority(where)).fingerprintSha256).toBe(made.fingerprintSha256);
    const today = new Date().toISOString().slice(0, 10);
    for (const path of kept) expect(path).toContain(`scaletap-ca.${today}T`);
    expect(kept.map((path) => readFileSync(path, 'latin1')).sort()).toEqual([pemText, keyText].sort());
    expect(readdirSync(where)).toHaveLength(4);
  });

  test.each([
    ['damaged files', () => ['x', 'y'], 2],
    ['a key alone', () => [keyText, null], 1],
    ['no files', () => [null, null], 0],
  ] as [string, () => [string | null, string | null], number][])('helps with %s', async (_, files, count) => {
    const where = folderWith(...files());
    expect((await renewAuthority(where)).kept).toHaveLength(count);
    expect((await openAuthority(where)).notAfterMs).toBeGreaterThan(Date.now());
  });

  test('helps when it is over', async () => {
    const where = folderWith(keyText, pemText);
    const nowMs = () => authority.notAfterMs + DAY_MS;
    expect((await renewAuthority(where, { nowMs })).authority.notBeforeMs).toBeGreaterThan(Date.now());
  });

  test('changes nothing when the clock cannot be right', async () => {
    const where = folderWith(keyText, pemText);
    await expect(renewAuthority(where, { nowMs: () => 0 })).rejects.toThrow('1970-01-01');
    expect(filesOf(where)).toEqual([keyText, pemText]);
  });

  test('loses nothing when two run at once', async () => {
    const where = folderWith(keyText, pemText);
    const both = await Promise.all([renewAuthority(where), renewAuthority(where)]);
    const opened = await openAuthority(where);
    expect(both.map((one) => one.authority.fingerprintSha256)).toContain(opened.fingerprintSha256);
    const kept = readdirSync(where).map((name) => readFileSync(join(where, name), 'latin1'));
    expect(kept).toEqual(expect.arrayContaining([keyText, pemText]));
  });
});

/** What a client that trusts the authority, and expects this host, sees of a server with this context. */
async function servedBy(secureContext: SecureContext, host: string) {
  const server = createServer({ SNICallback: (_, done) => done(null, secureContext) }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  // For a client that names no host, as one that wants an address.
  server.on('tlsClientError', () => {});
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const isName = /[a-z]/i.test(host) && !host.includes(':');
  const socket = connect({
    host: '127.0.0.1',
    port: address.port,
    ca: authority.pem,
    servername: isName ? host : 'by-address.example',
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
  });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error('no certificate');
  return { authorized: socket.authorized, certificate };
}
