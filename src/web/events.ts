import type { ServerResponse } from 'node:http';
import type { Log } from '../log.js';
import type { Happening } from '../views/messages.js';
import type { Events } from '../views/shapes.js';

/** Those who listen at one time. */
const MOST_LISTENERS = 1_000;
/** Who has not read so much is gone, or will never catch up. It asks again by itself. */
const MOST_UNREAD_BYTES = 256 * 1024;
/** After so long a browser that has lost us asks again. */
const RETRY_MS = 3_000;

/** What the events are made of. */
export interface EventSources {
  status(): Promise<Events['status']>;
  /** Calls back with what happens; returns what ends that. */
  follow(listener: (happening: Happening) => void): Promise<() => void>;
}

interface Times {
  /** How often it is looked whether the status is another. */
  readonly lookMs: number;
  /** How often something is sent in any case, so that who is gone is noticed, and those between do not hang up. */
  readonly beatMs: number;
}

interface Listener {
  readonly response: ServerResponse;
  readonly mayStay: () => Promise<boolean>;
}

/**
 * Server-sent events (HTML Standard 9.2): what happens, to all who listen. Nobody is looked after while nobody listens.
 * Each event is made once, and nobody waits for a slow listener.
 */
export class EventStream {
  readonly #sources: EventSources;
  readonly #log: Log;
  readonly #times: Times;
  readonly #listeners = new Set<Listener>();
  #status: Buffer | null = null;
  /** What happened at one time is sent in one piece: with many who listen, each piece is dear. */
  #unsent: Buffer[] = [];
  #timers: NodeJS.Timeout[] = [];
  #unfollow: (() => void) | null = null;
  #isClosed = false;

  constructor(sources: EventSources, log: Log, times: Times = { lookMs: 2_000, beatMs: 15_000 }) {
    this.#sources = sources;
    this.#log = log;
    this.#times = times;
  }

  get isFull(): boolean {
    return this.#isClosed || this.#listeners.size >= MOST_LISTENERS;
  }

  /** Lets one listen, whose head of the answer is sent already, until it leaves or may not stay. */
  add(response: ServerResponse, mayStay: () => Promise<boolean>): void {
    const listener = { response, mayStay };
    this.#listeners.add(listener);
    response.once('close', () => this.#gone(listener));
    // What cannot be written any more is closed as well.
    response.on('error', () => {});
    response.write(`retry: ${RETRY_MS}\n\n`);
    if (this.#status !== null) response.write(this.#status);
    if (this.#listeners.size === 1) this.#begin();
    else if (this.#status === null) void this.#look();
  }

  /** Ends it for those who may not listen any more. */
  async check(): Promise<void> {
    await Promise.all(
      [...this.#listeners].map(async (listener) => {
        if (!(await listener.mayStay())) listener.response.end();
      }),
    );
  }

  /** Looks at the status now, not only when it is time. */
  look(): void {
    if (this.#listeners.size > 0) void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    for (const { response } of this.#listeners) response.end();
    this.#end();
  }

  #begin(): void {
    this.#timers = [
      setInterval(() => void this.#look(), this.#times.lookMs),
      setInterval(() => {
        this.#send(Buffer.from(':\n\n'));
        void this.check();
      }, this.#times.beatMs),
    ];
    void this.#look();
    void this.#follow();
  }

  async #follow(): Promise<void> {
    const timers = this.#timers;
    try {
      const unfollow = await this.#sources.follow(({ event, data }) => this.#send(eventText(event, data)));
      // Those who listened may be gone by now, and others have begun anew.
      if (this.#timers === timers) this.#unfollow = unfollow;
      else unfollow();
    } catch (error) {
      this.#log.error(`the page is not told what happens: ${textOf(error)}`);
    }
  }

  #end(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#unfollow?.();
    this.#unfollow = null;
    this.#status = null;
  }

  #gone(listener: Listener): void {
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#end();
  }

  async #look(): Promise<void> {
    const timers = this.#timers;
    try {
      const status = eventText('status', JSON.stringify(await this.#sources.status()));
      if (this.#timers !== timers || this.#status?.equals(status)) return;
      this.#status = status;
      this.#send(status);
    } catch (error) {
      this.#log.error(`the page is not told how scaletap does: ${textOf(error)}`);
    }
  }

  #send(event: Buffer): void {
    if (this.#unsent.push(event) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const events = Buffer.concat(this.#unsent);
    this.#unsent = [];
    for (const { response } of this.#listeners) {
      if (response.writableEnded) continue;
      if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
      else response.write(events);
    }
  }
}

/** JSON has no line breaks outside of its texts, and inside they are escaped: it is always one line. */
function eventText(event: keyof Events, data: string): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${data}\n\n`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
