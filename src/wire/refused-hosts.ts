/** How long a host is left alone for a client that has refused our certificate. */
const TUNNEL_FOR_MS = 600_000;
/** Of pairs of client and host that are remembered. */
const MAX_PAIRS = 1_024;
/** So many connections that were closed unused, one after the other, count as a refusal. */
const STRIKES = 2;

/**
 * Remembers which clients have refused our certificate for which hosts, so that they get a tunnel for a while and
 * their app works again. Clients are addresses without port. The oldest are forgotten when there are very many.
 */
export class RefusedHosts {
  readonly #forMs: number;
  readonly #now: () => number;
  readonly #tunnelledUntil = new Map<string, number>();
  readonly #strikes = new Map<string, number>();

  /** `now` is a clock in milliseconds. */
  constructor(forMs: number = TUNNEL_FOR_MS, now: () => number = () => performance.now()) {
    this.#forMs = forMs;
    this.#now = now;
  }

  /** The client has said that it does not trust our certificate for the host. */
  refused(client: string, host: string): void {
    const pair = pairOf(client, host);
    this.#strikes.delete(pair);
    keep(this.#tunnelledUntil, pair, this.#now() + this.#forMs);
  }

  /**
   * The client has left right after the handshake without having sent anything. One that pins its certificate does
   * that, but so does one that opened a connection too many: only the second time in a row it is a refusal.
   */
  unused(client: string, host: string): void {
    const pair = pairOf(client, host);
    const strikes = (this.#strikes.get(pair) ?? 0) + 1;
    if (strikes < STRIKES) keep(this.#strikes, pair, strikes);
    else this.refused(client, host);
  }

  /** The client has sent something over a connection with our certificate. */
  used(client: string, host: string): void {
    this.#strikes.delete(pairOf(client, host));
  }

  /** Whether connections of the client to the host are to be left alone. */
  isTunnelled(client: string, host: string): boolean {
    const pair = pairOf(client, host);
    const until = this.#tunnelledUntil.get(pair);
    if (until === undefined) return false;
    if (this.#now() < until) return true;
    this.#tunnelledUntil.delete(pair);
    return false;
  }
}

/** Neither has a space in it. */
function pairOf(client: string, host: string): string {
  return `${client} ${host}`;
}

/** Puts a pair last, where the youngest are. */
function keep(pairs: Map<string, number>, pair: string, value: number): void {
  pairs.delete(pair);
  pairs.set(pair, value);
  const [oldest] = pairs.keys();
  if (pairs.size > MAX_PAIRS && oldest !== undefined) pairs.delete(oldest);
}
