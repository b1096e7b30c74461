/** A session id is remembered for so long: a scale asks for thirty seconds. */
const SESSION_MS = 3_600_000;
/** So long after a challenge of ours the client is expected to open its session. */
const CHALLENGE_MS = 60_000;
const MAX_REMEMBERED = 1_024;

/** Things that are forgotten after a time, and the oldest first when there are too many. */
class Remembered<T> {
  readonly #lifeMs: number;
  readonly #items = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs;
  }

  get(key: string, now: number): T | undefined {
    const item = this.#items.get(key);
    return item && item.until > now ? item.value : undefined;
  }

  set(key: string, value: T, now: number): void {
    this.#items.delete(key);
    this.#items.set(key, { value, until: now + this.#lifeMs });
    if (this.#items.size > MAX_REMEMBERED) this.#dropOldest();
  }

  delete(key: string): void {
    this.#items.delete(key);
  }

  /** Whether anything is remembered. */
  any(now: number): boolean {
    for (const { until } of this.#items.values()) {
      if (until > now) return true;
      this.#dropOldest();
    }
    return false;
  }

  #dropOldest(): void {
    for (const key of this.#items.keys()) {
      this.#items.delete(key);
      return;
    }
  }
}

/**
 * Which visits we have begun to answer: upstream does not know their challenges and session ids, so they are ours to
 * the end. Times are of the monotonic clock, in milliseconds.
 */
export class OurSessions {
  readonly #connections = new Set<string>();
  readonly #sessions = new Remembered<true>(SESSION_MS);
  readonly #challenged = new Remembered<true>(CHALLENGE_MS);

  /** Whether the connection has a visit of ours under way. */
  hasConnection(connection: string): boolean {
    return this.#connections.has(connection);
  }

  hasSession(id: string, now: number): boolean {
    return this.#sessions.get(id, now) === true;
  }

  /** Whether a client, by its address, has a challenge of ours and no session yet. */
  hasChallenged(address: string, now: number): boolean {
    return this.#challenged.get(address, now) === true;
  }

  /** Whether a request on another connection may belong to a visit of ours. */
  any(now: number): boolean {
    return this.#sessions.any(now) || this.#challenged.any(now);
  }

  challenged(connection: string, address: string, now: number): void {
    this.#connections.add(connection);
    this.#challenged.set(address, true, now);
  }

  /** Upstream has challenged the client since: the session that it opens next is not ours. */
  challengedLive(address: string): void {
    this.#challenged.delete(address);
  }

  opened(connection: string, address: string, id: string, now: number): void {
    this.#connections.add(connection);
    this.#challenged.delete(address);
    this.#sessions.set(id, true, now);
  }

  /** An earlier run of ours has opened it. */
  recalled(id: string, now: number): void {
    this.#sessions.set(id, true, now);
  }

  /** The visit is over. Its id stays ours: a scale may say it again when it did not get the answer. */
  ended(connection: string): void {
    this.#connections.delete(connection);
  }
}

/** The sessions that upstream has opened, with their devices. */
export class LiveSessions {
  readonly #devices = new Remembered<string>(SESSION_MS);

  device(id: string, now: number): string | undefined {
    return this.#devices.get(id, now);
  }

  opened(id: string, device: string, now: number): void {
    this.#devices.set(id, device, now);
  }
}
