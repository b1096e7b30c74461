import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/model/errors.js';
import { upstreamRoots } from '../../src/wire/roots.js';
import type { TestAuthority } from '../servers/test-authority.js';
import { testAuthority } from '../servers/test-authority.js';

let authority: TestAuthority;
let folder: string;
let mine: string;
const [first = '', second = ''] = rootCertificates;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scaletap-roots-'));
  authority = await testAuthority();
  mine = (await readFile(authority.caFile, 'utf8')).trim();
});
afterAll(async () => {
  await authority.close();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('upstream is verified with', () => {
  it('the first bundle of the system that is there and holds any', async () => {
    const bundles = [
      join(folder, 'absent'),
      folder,
      await file('empty', ''),
      await file('bundle', `# one\n${first}\n\n# two\n${second}\n`),
      authority.caFile,
    ];
    expect(await upstreamRoots(null, bundles)).toEqual([first, second]);
  });

  it('what Node brings along when there is none', async () => {
    expect(await upstreamRoots(null, [])).toEqual([...rootCertificates]);
  });

  it('those of a file besides, also with CRLF and text around them', async () => {
    const bundle = await file('one', first);
    const extra = await file('extra', `Issuer: me\r\n${mine}\n${second}\n`.replaceAll('\n', '\r\n'));
    const roots = await upstreamRoots(extra, [bundle]);
    const fingerprints = (list: readonly string[]) =>
      list.map((pem) => new X509Certificate(pem).fingerprint256);
    expect(fingerprints(roots)).toEqual(fingerprints([first, mine, second]));
  });

  it('the bundle that SSL_CERT_FILE names, if it does', async () => {
    vi.stubEnv('SSL_CERT_FILE', authority.caFile);
    expect(await upstreamRoots(null)).toEqual([mine]);
    vi.unstubAllEnvs();
  });
});

describe('a file for --upstream-ca', () => {
  const failure = async (path: string): Promise<string> => {
    const error: unknown = await upstreamRoots(path, []).catch((reason: unknown) => reason);
    if (!(error instanceof UserError)) throw new Error(`no UserError: ${error}`);
    return error.message;
  };

  it('that is not there', async () => {
    const path = join(folder, 'nowhere.pem');
    expect(await failure(path)).toBe(
      `${path}: cannot be read (ENOENT); name another file with --upstream-ca`,
    );
  });

  it('that holds none', async () => {
    const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
    for (const content of ['', 'text', key, mine.slice(0, -20), new X509Certificate(mine).raw]) {
      const path = await file('none.pem', content);
      expect(await failure(path)).toBe(
        `${path}: holds no certificate in PEM form; name another file with --upstream-ca`,
      );
    }
  });

  it('that holds a damaged one', async () => {
    const damaged = mine.replace(/\n[A-Za-z0-9+/]{64}\n/, '\n');
    const path = await file('damaged.pem', `${first}\n${damaged}\n`);
    expect(await failure(path)).toBe(
      `${path}: certificate 2 of 2 is damaged; name another file with --upstream-ca`,
    );
  });
});
