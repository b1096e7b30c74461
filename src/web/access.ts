import type { Log } from '../log.js';
import { UserError } from '../model/errors.js';
import { Guesses } from './guesses.js';
import type { KeptPassword } from './password-file.js';
import { isPassword, keepPassword, readPassword, versionOf } from './password-file.js';
import { SESSION_MS, Sessions } from './sessions.js';
import { Turns } from './turns.js';

/** One password is looked at, and four wait: each takes 32 MiB and one of the few threads of the process. */
const MOST_AT_ONCE = 5;
/** From this many wrong passwords of one address on, the log says so, each time that they have doubled. */
const WORTH_SAYING = 5;

const COOKIE = 'scaletap_session';
const MOST_TOKENS = 4;

/** Who asks, as far as it can be known. */
export interface Asker {
  /** Where the connection comes from. */
  readonly address: string;
  /** Whether it is this very machine that asks, for itself: see `askerOf`. */
  readonly isHere: boolean;
  readonly tokens: readonly string[];
}

/** What somebody may do. */
export interface Standing {
  /** Whether a password must be given. */
  readonly needsPassword: boolean;
  /** Whether it was, or need not. */
  readonly allowed: boolean;
  /** Whether a password is set at all. */
  readonly hasPassword: boolean;
  readonly maySetPassword: boolean;
}

/** What became of a password that somebody gave: a cookie, or why not. */
export type Admission =
  | { readonly cookie: string }
  | {
      readonly status: 401 | 403 | 409 | 429 | 503;
      readonly message: string;
      readonly retryAfterS?: number;
    };

/** What is said to who is elsewhere while nobody has set a password. */
export const noPasswordYet = {
  status: 403,
  message:
    'from other machines this page is shown only with a password, and none is set: run `scaletap password` where ' +
    'scaletap runs, or open the page on that machine and set it there',
} as const;

/**
 * Who may see the page's data. With a password, whoever has given it: also on this machine, since a reverse proxy asks
 * from there. Without one, this machine alone. A password that a command sets is noticed at the next request.
 */
export class Access {
  readonly #dataDir: string;
  readonly #log: Log;
  readonly #sessions: Sessions;
  readonly #guesses = new Guesses();
  readonly #turns = new Turns(MOST_AT_ONCE);
  readonly #listeners = new Set<() => void>();
  #kept: { readonly version: string; readonly password: KeptPassword | null } | null = null;

  constructor(dataDir: string, log: Log) {
    this.#dataDir = dataDir;
    this.#log = log;
    this.#sessions = new Sessions(dataDir, log);
  }

  /** Rejects with a UserError when the password cannot be read: then nobody may do anything. */
  async standing({ isHere, tokens }: Asker): Promise<Standing> {
    const password = await this.#password();
    if (password === null) {
      return { needsPassword: !isHere, allowed: isHere, hasPassword: false, maySetPassword: isHere };
    }
    const allowed = tokens.length > 0 && (await this.#sessions.has(tokens, password.salt));
    return { needsPassword: true, allowed, hasPassword: true, maySetPassword: false };
  }

  async signIn(asker: Asker, given: string): Promise<Admission> {
    if ((await this.#password()) !== null) {
      return this.#judged(asker, given, 401, (password) => this.#admit(password));
    }
    if (!asker.isHere) return noPasswordYet;
    return { status: 409, message: 'no password is set, and on this machine none is needed' };
  }

  /** Sets the first password, or another one in its place; every session but a new one of whoever asks is over. */
  async setPassword(asker: Asker, given: string, current: string | undefined): Promise<Admission> {
    const { allowed, maySetPassword } = await this.standing(asker);
    const password = await this.#password();
    if (password === null) {
      if (!maySetPassword) return noPasswordYet;
      return (await this.#turns.run(() => this.#first(given))) ?? busy;
    }
    if (!allowed) return { status: 401, message: 'sign in first' };
    if (current === undefined) return { status: 403, message: 'current: give the password that is set now' };
    return this.#judged(asker, current, 403, () => this.#change(given));
  }

  async signOut({ tokens }: Asker): Promise<void> {
    await this.#sessions.end(tokens);
    this.#tell();
  }

  /** Calls back whenever somebody may do less than before. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does `work` if the password is right. A wrong one has `status`. */
  async #judged(
    { address }: Asker,
    given: string,
    status: 401 | 403,
    work: (password: KeptPassword) => Promise<Admission>,
  ): Promise<Admission> {
    const judge = async (): Promise<Admission> => {
      // Looked at in its turn: of many guesses at once each one counts the ones before.
      const waitMs = this.#guesses.waitMs(address, performance.now());
      if (waitMs > 0) return tooMany(waitMs);
      // So is the password: whoever had the turn before may have set another one.
      const password = await this.#password();
      if (password === null) return removed;
      if (await isPassword(password, given)) {
        this.#guesses.succeeded(address);
        return work(password);
      }
      const count = this.#guesses.failed(address, performance.now());
      if (count >= WORTH_SAYING && Number.isInteger(Math.log2(count / WORTH_SAYING))) {
        this.#log.warn(`${address} has given a wrong password for the page ${count} times`);
      }
      return { status, message: 'that is not the password' };
    };
    const waitMs = this.#guesses.waitMs(address, performance.now());
    if (waitMs > 0) return tooMany(waitMs);
    return (await this.#turns.run(judge)) ?? busy;
  }

  /** Of two who set the first password at once, one does. */
  async #first(given: string): Promise<Admission> {
    if ((await this.#password()) === null) return this.#change(given);
    return { status: 401, message: 'somebody has set a password at the same moment: sign in with that' };
  }

  async #change(given: string): Promise<Admission> {
    try {
      await keepPassword(this.#dataDir, given);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#log.error(`the password of the page is not set: ${error.message}`);
      return { status: 503, message: 'the password could not be written; the log of scaletap says why' };
    }
    this.#log.info('the password of the page was set');
    const password = await this.#password();
    this.#tell();
    if (password !== null) return this.#admit(password);
    return removed;
  }

  async #admit({ salt }: KeptPassword): Promise<Admission> {
    return { cookie: cookieOf(await this.#sessions.begin(salt), SESSION_MS / 1000) };
  }

  /** The password as it is on disk now. */
  async #password(): Promise<KeptPassword | null> {
    const version = await versionOf(this.#dataDir);
    if (this.#kept?.version !== version) {
      this.#kept = { version, password: await readPassword(this.#dataDir) };
    }
    return this.#kept.password;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const removed: Admission = { status: 503, message: 'the password was removed again at the same moment' };

const busy: Admission = {
  status: 429,
  message: 'too many passwords are being looked at; try again in a moment',
  retryAfterS: 2,
};

function tooMany(waitMs: number): Admission {
  const retryAfterS = Math.ceil(waitMs / 1000);
  return { status: 429, message: `too many wrong passwords; try again in ${retryAfterS} s`, retryAfterS };
}

/** The cookie that takes a session away from the browser. */
export const noCookie = cookieOf('', 0);

/** Not `Secure`: scaletap has no TLS of its own, and in the house it is asked without. */
function cookieOf(token: string, maxAgeS: number): string {
  return `${COOKIE}=${token}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict`;
}

/** The tokens in a Cookie header. There may be several by that name, since other servers of the host may set it too. */
export function tokensOf(header: string): string[] {
  return header
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(`${COOKIE}=`))
    .map((each) => each.slice(COOKIE.length + 1))
    .filter((token) => /^[A-Za-z0-9_-]{43}$/.test(token))
    .slice(0, MOST_TOKENS);
}
