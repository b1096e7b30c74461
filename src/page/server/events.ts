import type { Events } from '../../views/shapes.js';
import { get } from './api.js';

/** Whether news come in. */
export type Connection = 'connecting' | 'open' | 'lost';

type Listener<Name extends keyof Events> = (data: Events[Name]) => void;

/** A page that nobody looks at gives its connection back after this long: a browser has only six for a server. */
const hiddenMs = 60_000;
/** A clock that has jumped by more than this was asleep, and what it was connected to may be gone without a word. */
const asleepMs = 90_000;
const tickMs = 15_000;
const firstRetryMs = 500;
const lastRetryMs = 60_000;

/**
 * The server's news, for as long as the page is open: it connects again after anything, sleep included. As news may
 * have been missed then, `readings`, `people` and `again` are told once more whenever it is connected anew.
 */
export class News {
  readonly #listeners = new Map<string, Set<(data: never) => void>>();
  readonly #watchers = new Set<(state: Connection) => void>();
  #source: EventSource | null = null;
  #state: Connection = 'connecting';
  #wanted = false;
  #wasOpen = false;
  #retryMs = firstRetryMs;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tickedAt = Date.now();
  #hiddenSince: number | null = null;

  constructor() {
    document.addEventListener('visibilitychange', () => this.#look());
    window.addEventListener('online', () => this.#reopen());
    setInterval(() => this.#look(), tickMs);
  }

  /** Hears of an event until the function that it gives is called. `again`: connected anew, so ask again for all. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Name>): () => void;
  on(name: 'again', listener: () => void): () => void;
  on(name: string, listener: (data: never) => void): () => void {
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all);
    all.add(listener);
    return () => all.delete(listener);
  }

  /** Hears of the connection, now and whenever it changes. */
  watch(watcher: (state: Connection) => void): void {
    this.#watchers.add(watcher);
    watcher(this.#state);
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#reopen();
  }

  /** Until the next start: when nobody is signed in. */
  stop(): void {
    this.#wanted = false;
    this.#close();
  }

  #reopen(): void {
    if (!this.#wanted) return;
    this.#close();
    this.#become(this.#wasOpen ? 'lost' : 'connecting');
    const source = new EventSource('api/events');
    this.#source = source;
    source.onopen = () => this.#opened();
    source.onerror = () => this.#failed(source);
    const names = ['exchange', 'status', 'readings', 'people'] as const satisfies (keyof Events)[];
    for (const name of names) {
      source.addEventListener(name, ({ data }) => this.#tell(name, JSON.parse(data)));
    }
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #opened(): void {
    this.#retryMs = firstRetryMs;
    this.#become('open');
    if (this.#wasOpen) {
      for (const name of ['readings', 'people', 'again']) this.#tell(name, {});
    }
    this.#wasOpen = true;
  }

  #failed(source: EventSource): void {
    // Stopped, or opened anew, in the meantime.
    if (source !== this.#source) return;
    this.#become('lost');
    // A lost connection is taken up again by the browser. Not so one that was refused: the server is full or starting,
    // or wants a password, which asking for anything at all brings to light.
    if (source.readyState !== EventSource.CLOSED) return;
    this.#timer = setTimeout(() => {
      get('status').then(
        () => source === this.#source && this.#reopen(),
        () => this.#failed(source),
      );
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, lastRetryMs);
  }

  #look(): void {
    const now = Date.now();
    const slept = now - this.#tickedAt > asleepMs;
    this.#tickedAt = now;
    if (document.hidden) {
      this.#hiddenSince ??= now;
      if (now - this.#hiddenSince >= hiddenMs) this.#close();
      return;
    }
    this.#hiddenSince = null;
    const waiting = this.#source?.readyState === EventSource.CLOSED;
    if (this.#source === null || (slept && !waiting)) this.#reopen();
  }

  #tell(name: string, data: unknown): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(data as never);
  }

  #become(state: Connection): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher(state);
  }
}
