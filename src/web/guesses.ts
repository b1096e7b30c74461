/** So many wrong passwords are forgiven: people mistype. */
const FREE = 5;
/** A series of failures ends when none came for so long; no delay is longer. */
const LONGEST_MS = 15 * 60_000;
const FIRST_DELAY_MS = 2_000;
/** Addresses that are remembered. */
const MOST = 1_000;

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

/**
 * Who has guessed how often. After {@link FREE} wrong passwords an address has to wait between two guesses: 2 s, and
 * twice as long after each. Times are those of any clock that only goes forwards, in milliseconds.
 */
export class Guesses {
  /** In the order of their last failure. */
  readonly #failures = new Map<string, Failures>();

  /** How long an address has to wait before its next guess; 0 when it need not. */
  waitMs(address: string, nowMs: number): number {
    const { count, lastMs } = this.#of(address, nowMs);
    if (count < FREE) return 0;
    const delayMs = Math.min(LONGEST_MS, FIRST_DELAY_MS * 2 ** (count - FREE));
    return Math.max(0, lastMs + delayMs - nowMs);
  }

  /** A guess was wrong. Returns how many were, in this series. */
  failed(address: string, nowMs: number): number {
    const count = this.#of(address, nowMs).count + 1;
    const key = networkOf(address);
    this.#failures.delete(key);
    this.#failures.set(key, { count, lastMs: nowMs });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST && oldest !== undefined) this.#failures.delete(oldest);
    return count;
  }

  /** A guess was right. */
  succeeded(address: string): void {
    this.#failures.delete(networkOf(address));
  }

  #of(address: string, nowMs: number): Failures {
    const failures = this.#failures.get(networkOf(address));
    // A delay may be as long as the series lasts, so that one who waits it out does not begin anew.
    if (failures === undefined || nowMs - failures.lastMs > 2 * LONGEST_MS) return { count: 0, lastMs: 0 };
    return failures;
  }
}

/** What one guesser has of addresses: an IPv4 address, or the first 64 bits of an IPv6 address. */
function networkOf(address: string): string {
  const [, ipv4] = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (ipv4 !== undefined || !address.includes(':')) return ipv4 ?? address;
  const [plain = ''] = address.toLowerCase().split('%', 1);
  const [before = '', after] = plain.split('::', 2);
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros =
    after === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const groups = [...head, ...zeros, ...tail].map((group) => group.replace(/^0+(?=.)/, ''));
  return groups.slice(0, 4).join(':');
}
