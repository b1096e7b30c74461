import { Worker } from 'node:worker_threads';
import type { Log } from '../log.js';
import type { FromViews, Happening, ToViews, ViewReply, ViewRequest, ViewsSettings } from './messages.js';
import { nowMs } from './messages.js';

/** Bounds of what is waited for, in milliseconds, and how much may wait. Tests have others. */
export interface ViewsLimits {
  /** A request that has no reply by then gets none. */
  readonly replyMs: number;
  /** A thread that nobody has asked for so long is ended. */
  readonly idleMs: number;
  /** One that died is started again after so long, for those who follow. */
  readonly restartMs: number;
  /** Requests that wait at once. */
  readonly waiting: number;
}

const usual: ViewsLimits = { replyMs: 5_000, idleMs: 600_000, restartMs: 5_000, waiting: 256 };

/** How long a thread that is to end is waited for. */
const CLOSE_MS = 2_000;

/** A thread that needs more than this is ended by Node, not the process. */
const MEMORY_MB = 256;

interface Waiting {
  readonly sinceMs: number;
  reply(reply: ViewReply): void;
}

type Listener = (happening: Happening) => void;

/**
 * What is read for the page, on a thread of its own: neither the relay nor a commit waits for a page. The thread is
 * started when it is first asked for something, and ended when nobody has asked for long.
 */
export class Views {
  readonly #settings: ViewsSettings;
  readonly #log: Log;
  readonly #limits: ViewsLimits;
  #thread: Worker | null = null;
  /** One that hung, until it has ended. */
  #hung: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  /** When the thread has last said anything. */
  #heardMs = 0;
  readonly #listeners = new Set<Listener>();
  #idle: NodeJS.Timeout | null = null;
  #restart: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(settings: ViewsSettings, log: Log, limits: Partial<ViewsLimits> = {}) {
    this.#settings = settings;
    this.#log = log;
    this.#limits = { ...usual, ...limits };
  }

  /** Asks for a view. Resolves in bounded time, with a problem and status 503 when there is no answer. */
  get(request: ViewRequest): Promise<ViewReply> {
    if (this.#closed) return Promise.resolve(problem('scaletap is being stopped'));
    if (this.#waiting.size >= this.#limits.waiting) {
      return Promise.resolve(problem('too much is asked for at once; try again in a moment'));
    }
    return new Promise((resolve) => {
      const id = ++this.#asked;
      const sinceMs = nowMs();
      const late = setTimeout(() => this.#late(id), this.#limits.replyMs);
      this.#waiting.set(id, {
        sinceMs,
        reply: (reply) => {
          clearTimeout(late);
          this.#waiting.delete(id);
          this.#rest();
          resolve(reply);
        },
      });
      this.#post({ kind: 'ask', id, request, untilMs: sinceMs + this.#limits.replyMs });
    });
  }

  /** Calls back with all that happens from now on, until the function that it gives is called. */
  follow(listener: Listener): () => void {
    // A listener may be given twice.
    const each: Listener = (happening) => listener(happening);
    this.#listeners.add(each);
    if (this.#listeners.size === 1 && !this.#closed) this.#post({ kind: 'follow', on: true });
    return () => {
      if (!this.#listeners.delete(each) || this.#listeners.size > 0 || this.#thread === null) return;
      this.#post({ kind: 'follow', on: false });
      this.#rest();
    };
  }

  /** Ends the thread. What is still asked for gets no answer. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#idle) clearTimeout(this.#idle);
    if (this.#restart) clearTimeout(this.#restart);
    this.#listeners.clear();
    this.#noReplies('scaletap is being stopped');
    const thread = this.#thread;
    if (thread === null) return;
    const gone = new Promise((resolve) => thread.once('exit', resolve));
    this.#post({ kind: 'close' });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([gone, late]);
    clearTimeout(timer);
    thread.unref();
  }

  /** A thread that has said nothing since it was asked hangs, and nobody can tell for how long. */
  #late(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    waiting.reply(problem('the database did not answer in time; try again'));
    if (this.#heardMs >= waiting.sinceMs) return;
    const thread = this.#thread;
    // No more than two are there at once.
    if (thread === null || this.#hung !== null) return;
    this.#log.warn('what is read for the page hangs; it is started again');
    // It ends by itself, which may take a while that nobody has to wait for. Were it ended from here while it is in the
    // database, libsql could not throw its error any more, and would abort the process.
    thread.postMessage({ kind: 'close' } satisfies ToViews);
    thread.unref();
    this.#hung = thread;
    this.#ended(thread);
  }

  #rest(): void {
    if (this.#idle) clearTimeout(this.#idle);
    if (this.#closed) return;
    this.#idle = setTimeout(() => {
      if (this.#listeners.size > 0 || this.#waiting.size > 0 || this.#thread === null) return;
      this.#post({ kind: 'close' });
      // Whoever asks from now on asks another one.
      this.#thread = null;
    }, this.#limits.idleMs).unref();
  }

  #post(message: ToViews): void {
    this.#thread ??= this.#start();
    this.#thread.postMessage(message);
  }

  #start(): Worker {
    if (this.#restart) clearTimeout(this.#restart);
    const thread = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: this.#settings,
      resourceLimits: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: MEMORY_MB },
    });
    thread.on('message', (message: FromViews) => this.#heard(message));
    thread.on('error', (error) =>
      this.#log.error(`what is read for the page failed: ${error.stack ?? error.message}`),
    );
    thread.on('exit', () => this.#ended(thread));
    if (this.#listeners.size > 0) thread.postMessage({ kind: 'follow', on: true } satisfies ToViews);
    return thread;
  }

  #heard(message: FromViews): void {
    this.#heardMs = nowMs();
    switch (message.kind) {
      case 'reply':
        this.#waiting.get(message.id)?.reply(message.reply);
        break;
      case 'happened':
        for (const happening of message.happenings) {
          for (const listener of this.#listeners) this.#tell(listener, happening);
        }
        break;
      case 'log':
        this.#log[message.level](message.message);
        break;
    }
  }

  #tell(listener: Listener, happening: Happening): void {
    try {
      listener(happening);
    } catch (error) {
      // One page's fault is not another's, nor the relay's.
      this.#log.error(
        `a page was not told of ${happening.event}: ${error instanceof Error ? error.stack : error}`,
      );
    }
  }

  #ended(thread: Worker): void {
    if (this.#thread !== thread) {
      if (this.#hung === thread) this.#hung = null;
      return;
    }
    this.#thread = null;
    this.#noReplies('what is read for the page has failed; try again');
    if (this.#closed || this.#listeners.size === 0) return;
    const again = () => {
      if (this.#listeners.size > 0) this.#thread ??= this.#start();
    };
    this.#restart = setTimeout(again, this.#limits.restartMs).unref();
  }

  #noReplies(why: string): void {
    for (const waiting of [...this.#waiting.values()]) waiting.reply(problem(why));
  }
}

function problem(message: string): ViewReply {
  return { status: 503, body: Buffer.from(JSON.stringify({ message })) };
}
