import { generateKeyPair, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { printable } from '../model/escape.js';
import { NotWhole, placePair, readPair, replacePair } from './files.js';
import { certifiedName } from './host.js';
import { type Issuer, mintLeaf } from './leaf.js';
import { Leaves, type Minted } from './leaves.js';
import { assertInForce, makeRoot, rootOf } from './root.js';

/** The certificate authority of a data folder, which phones are told to trust. */
export interface Authority {
  /** For people: `O=scaletap, CN=scaletap CA 1f2e3d`. */
  readonly subject: string;
  /** SHA-256 of the certificate, as phones show it: `AA:BB:...`. */
  readonly fingerprintSha256: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The certificate, without the key. */
  readonly pem: string;
  readonly der: Buffer;
  /**
   * The TLS context of a server that has this name or address. Rejects with an error for what cannot be the name of
   * a host, and with a UserError when the authority does not hold at the time.
   */
  contextFor(host: string): Promise<SecureContext>;
}

interface Options {
  readonly nowMs?: () => number;
}

/** How long to wait for another process that makes the files at this moment. */
const PATIENCE = { tries: 20, pauseMs: 50 } as const;

const generate = promisify(generateKeyPair);

/**
 * The authority of a folder; it is made when there is none. Rejects with a {@link UserError} that says which file is
 * wrong, how, and what to do. What is there is never written over.
 */
export async function openAuthority(folder: string, { nowMs = Date.now }: Options = {}): Promise<Authority> {
  for (let tries = 1; ; tries++) {
    try {
      const pair = await readPair(folder);
      if (pair !== null) return await authorityOf(folder, rootOf(folder, pair), nowMs);
      await placePair(folder, await makeRoot(nowMs()));
    } catch (error) {
      if (!(error instanceof NotWhole) || tries >= PATIENCE.tries) throw error;
      await pause(PATIENCE.pauseMs);
    }
  }
}

/**
 * Makes a new authority and sets the files of the old one aside, whatever they are. `kept`: where they are now.
 * Rejects with a {@link UserError} when that cannot be done.
 */
export async function renewAuthority(
  folder: string,
  { nowMs = Date.now }: Options = {},
): Promise<{ authority: Authority; kept: string[] }> {
  const second = new Date(nowMs()).toISOString().replace(/\..*/, 'Z').replaceAll(':', '');
  const stamp = `${second}-${randomBytes(2).toString('hex')}`;
  const kept = await replacePair(folder, await makeRoot(nowMs()), stamp);
  return { authority: await openAuthority(folder, { nowMs }), kept };
}

async function authorityOf(folder: string, root: Issuer, nowMs: () => number): Promise<Authority> {
  assertInForce(folder, root, nowMs());
  const { certificate, notBeforeMs, notAfterMs } = root;
  // One key for all leaves, of this run alone: it is never on disk.
  const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const leaves = new Leaves(async (host): Promise<Minted> => {
    const mintedAtMs = nowMs();
    assertInForce(folder, root, mintedAtMs);
    const leaf = await mintLeaf(root, certifiedName(host), publicKey, mintedAtMs);
    return {
      context: createSecureContext({ key, cert: leaf.pem }),
      notBeforeMs: leaf.notBeforeMs,
      renewAtMs: mintedAtMs + (leaf.notAfterMs - mintedAtMs) / 2,
    };
  }, nowMs);
  return {
    subject: printable(certificate.subject.replaceAll('\n', ', ')),
    fingerprintSha256: certificate.fingerprint256,
    notBeforeMs,
    notAfterMs,
    pem: certificate.toString(),
    der: certificate.raw,
    contextFor: async (host) => leaves.contextFor(certifiedName(host).text),
  };
}
