import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.js';
import { readPrivate, replacePrivate } from '../trust/private-file.js';

/** In milliseconds: how long a session lasts. */
export const SESSION_MS = 30 * 24 * 3_600_000;
/** The one that ends first makes room for one more. */
const MOST = 64;
const TOKEN_BYTES = 32;
const MAX_BYTES = 65_536;

interface Session {
  /** SHA-256 of the token, in hexadecimal: who reads the file has no token. */
  readonly hash: string;
  /** Of which password it is, by that one's salt: another password ends it, whoever has set that. */
  readonly salt: string;
  readonly endsMs: number;
}

/** Who has signed in, in memory and in a private file of the data folder, so that a new start signs nobody out. */
export class Sessions {
  readonly #file: string;
  readonly #log: Log;
  readonly #loaded: Promise<void>;
  #sessions: readonly Session[] = [];
  #written: Promise<void> = Promise.resolve();

  constructor(dataDir: string, log: Log) {
    this.#file = join(dataDir, 'web-sessions.json');
    this.#log = log;
    this.#loaded = this.#load();
  }

  /** Begins a session under the password with this salt. Resolves to its token, which is nowhere else. */
  async begin(salt: string): Promise<string> {
    await this.#loaded;
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const added = { hash: hashOf(token), salt, endsMs: Date.now() + SESSION_MS };
    await this.#set([...this.#current(salt), added].slice(-MOST));
    return token;
  }

  /** Whether one of these tokens is of a session under the password with this salt. */
  async has(tokens: readonly string[], salt: string): Promise<boolean> {
    await this.#loaded;
    const current = this.#current(salt);
    return tokens.some((token) => {
      const hash = hashOf(token);
      return current.some((session) => session.hash === hash);
    });
  }

  async end(tokens: readonly string[]): Promise<void> {
    await this.#loaded;
    const ended = tokens.map(hashOf);
    const left = this.#sessions.filter(({ hash }) => !ended.includes(hash));
    if (left.length < this.#sessions.length) await this.#set(left);
  }

  #current(salt: string): Session[] {
    const now = Date.now();
    return this.#sessions.filter((session) => session.salt === salt && session.endsMs > now);
  }

  /**
   * What cannot be written holds until scaletap ends. What is on disk goes then: a session that has ended must not be one
   * again after the next start.
   */
  #set(sessions: readonly Session[]): Promise<void> {
    this.#sessions = sessions;
    this.#written = this.#written.then(async () => {
      try {
        await replacePrivate(this.#file, `${JSON.stringify(this.#sessions)}\n`);
      } catch (error) {
        this.#log.warn(
          `sessions of the page are not kept: ${error instanceof Error ? error.message : error}`,
        );
        await this.#forget();
      }
    });
    return this.#written;
  }

  async #forget(): Promise<void> {
    try {
      await rm(this.#file, { force: true });
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      this.#log.warn(`sessions of the page that have ended may be back after the next start: ${why}`);
    }
  }

  async #load(): Promise<void> {
    try {
      const text = await readPrivate(this.#file, MAX_BYTES, 'remove it; everybody has to sign in again');
      const found: unknown = text === null ? [] : JSON.parse(text);
      if (Array.isArray(found)) this.#sessions = found.filter(isSession).slice(-MOST);
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      this.#log.warn(`everybody has to sign in to the page again: ${why}`);
    }
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function isSession(value: unknown): value is Session {
  if (typeof value !== 'object' || value === null) return false;
  const { hash, salt, endsMs }: Partial<Record<keyof Session, unknown>> = value;
  return typeof hash === 'string' && typeof salt === 'string' && typeof endsMs === 'number';
}
