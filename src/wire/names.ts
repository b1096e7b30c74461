import { Resolver } from 'node:dns/promises';

interface Answer {
  readonly addresses: readonly string[];
  readonly freshUntil: number;
}

const LOOKUP_TIMEOUT_MS = 2_000;
const SHORTEST_TTL_S = 30;
const LONGEST_TTL_S = 3_600;
/** Names that are kept: a proxy looks up all that its clients call. */
const MAX_NAMES = 1_024;

/**
 * Looks up upstream names with resolvers of our own choice, so that the DNS override that brings the scales here
 * is not seen. The hosts file is not looked at either.
 */
export class UpstreamNames {
  readonly #resolver = new Resolver({ timeout: LOOKUP_TIMEOUT_MS, tries: 2 });
  readonly #answers = new Map<string, Answer>();

  /** `servers` are IP addresses, with `:port` where it is not 53; null for those that the system asks. */
  constructor(servers: readonly string[] | null) {
    if (servers !== null) this.#resolver.setServers([...servers]);
  }

  /**
   * The addresses of a host, IPv4 first. Answers are kept for as long as the resolver says (30 s to 1 h), and
   * for longer when no resolver answers: an old address is better than none. When there are very many, the one
   * that nobody has asked for the longest makes room. Rejects with the resolver's error when there is none at all.
   */
  async lookUp(host: string): Promise<readonly string[]> {
    const known = this.#answers.get(host);
    const now = performance.now();
    if (known && known.freshUntil > now) {
      this.#keep(host, known);
      return known.addresses;
    }
    const [v4, v6] = await Promise.allSettled([
      this.#resolver.resolve4(host, { ttl: true }),
      this.#resolver.resolve6(host, { ttl: true }),
    ]);
    const records = [v4, v6].flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    if (records.length > 0) {
      const shortest = Math.min(...records.map((record) => record.ttl));
      const ttl = Math.min(LONGEST_TTL_S, Math.max(SHORTEST_TTL_S, shortest));
      const addresses = records.map((record) => record.address);
      this.#keep(host, { addresses, freshUntil: now + ttl * 1000 });
      return addresses;
    }
    if (known) {
      // Not every client should wait for resolvers that do not answer.
      this.#keep(host, { ...known, freshUntil: now + SHORTEST_TTL_S * 1000 });
      return known.addresses;
    }
    throw v4.status === 'rejected' ? v4.reason : new Error('no address');
  }

  /** Puts an answer last, where those lie that were asked for of late. */
  #keep(host: string, answer: Answer): void {
    this.#answers.delete(host);
    this.#answers.set(host, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_NAMES && oldest !== undefined) this.#answers.delete(oldest);
  }
}
