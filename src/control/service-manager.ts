import { execFile } from 'node:child_process';
import type { Log } from '../log.js';

/** How long systemd's program may take to deliver one message. */
const TELL_TIMEOUT_MS = 10_000;
/** So many times within the watchdog's time systemd hears of us: one answer that is late is not yet the end. */
const BEATS = 4;

/** What is wrong with this process, in words; null when all is well. */
type Check = () => Promise<string | null>;

/**
 * Tells the service manager how we are, by the protocol of sd_notify(3): `READY=1`, `WATCHDOG=1`, `STOPPING=1` to the
 * Unix socket that `NOTIFY_SOCKET` names. Node has no datagram sockets for that, so `systemd-notify`, which is where
 * systemd is, sends each message; the unit needs `NotifyAccess=all` for it. Does nothing when nobody wants to know.
 */
export class ServiceManager {
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Log;
  #timer: NodeJS.Timeout | null = null;
  /** What was wrong at the last beat. */
  #trouble: string | null = null;
  /** It was said that nothing can be told. */
  #failed = false;

  constructor(env: NodeJS.ProcessEnv, log: Log) {
    this.#env = env;
    this.#log = log;
  }

  /** Tells that we serve, and from then on, where a watchdog wants to know, that `check` finds nothing wrong. */
  async ready(check: Check): Promise<void> {
    const watchdogMs = this.#watchdogMs();
    if (watchdogMs !== null)
      this.#timer = setInterval(() => void this.#beat(check), watchdogMs / BEATS).unref();
    await this.#tell('READY=1');
  }

  /** Tells that we are about to end. */
  async stopping(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#tell('STOPPING=1');
  }

  async #beat(check: Check): Promise<void> {
    const trouble = await check();
    if (trouble !== null && trouble !== this.#trouble) {
      this.#log.error(`${trouble}; if that lasts, systemd starts scaletap again`);
    }
    this.#trouble = trouble;
    if (trouble === null) await this.#tell('WATCHDOG=1');
  }

  /** How long the watchdog waits for a sign of us; null when there is none, or it watches another process. */
  #watchdogMs(): number | null {
    const { WATCHDOG_USEC, WATCHDOG_PID } = this.#env;
    if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid) return null;
    const ms = Number(WATCHDOG_USEC ?? 0) / 1000;
    return ms > 0 && Number.isFinite(ms) ? ms : null;
  }

  /** Resolves when the message has arrived, or cannot. */
  #tell(message: string): Promise<void> {
    const { NOTIFY_SOCKET, PATH } = this.#env;
    if (!NOTIFY_SOCKET) return Promise.resolve();
    // The settings of scaletap, passwords among them, are not its business.
    const env = { NOTIFY_SOCKET, PATH };
    return new Promise((resolve) => {
      execFile('systemd-notify', [message], { env, timeout: TELL_TIMEOUT_MS }, (error) => {
        if (error !== null && !this.#failed) {
          this.#failed = true;
          const why = error.message.trim().replace(/\s*\n\s*/g, ': ');
          this.#log.error(
            `systemd cannot be told ${message} (${why}); a unit with Type=exec and without WatchdogSec does without`,
          );
        }
        resolve();
      });
    });
  }
}
