/** What a breaker is told and tells. */
export interface BreakerOptions {
  /** So many failures in a row open it. */
  readonly failures: number;
  /** How long it waits from one probe to the next, in milliseconds. */
  readonly probeIntervalMs: number;
  /** Asks upstream whether it is there. Does not reject. */
  readonly probe: () => Promise<boolean>;
  readonly onOpen: (why: string) => void;
  readonly onClosed: () => void;
}

/**
 * Keeps clients from waiting for an upstream that is known to fail. Open, nobody tries; probes of our own find out
 * when upstream is back, so that no client has to.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #open = false;
  #paused = false;
  #probing = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Upstream has failed a client; `why` is in words. */
  failed(why: string): void {
    this.#failures++;
    if (this.#open || this.#failures < this.#options.failures) return;
    this.#open = true;
    this.#options.onOpen(why);
    this.#schedule();
  }

  /** Upstream has served a client. */
  worked(): void {
    this.#failures = 0;
    if (!this.#open) return;
    this.#open = false;
    this.#stop();
    this.#options.onClosed();
  }

  /** Makes no more probes until {@link resume}: upstream is not to be called. */
  pause(): void {
    this.#paused = true;
    this.#stop();
  }

  resume(): void {
    this.#paused = false;
    if (this.#open) this.#schedule();
  }

  #schedule(): void {
    if (this.#paused || this.#probing || this.#timer) return;
    this.#timer = setTimeout(() => void this.#probe(), this.#options.probeIntervalMs);
    this.#timer.unref();
  }

  async #probe(): Promise<void> {
    this.#timer = null;
    this.#probing = true;
    const there = await this.#options.probe();
    this.#probing = false;
    if (!this.#open || this.#paused) return;
    if (there) this.worked();
    else this.#schedule();
  }

  #stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
