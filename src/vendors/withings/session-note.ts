import type { Proof } from './hash.js';
import type { Visit } from './visit.js';

/** What later exchanges need to know of a session. Kept in the notes `session:<id>` and `connection:<name>`. */
export class Session {
  /** The device's MAC in normal form. */
  readonly device: string;
  /** The server's time in its reply, in milliseconds. */
  readonly serverMs: number | null;
  readonly verdict: 'verified' | 'failed' | 'unchecked';
  /** What the hash was made of, if it was of the kind that we can check. */
  readonly proof: Proof | null;

  constructor(
    device: string,
    serverMs: number | null,
    verdict: 'verified' | 'failed' | 'unchecked',
    proof: Proof | null,
  ) {
    this.device = device;
    this.serverMs = serverMs;
    this.verdict = verdict;
    this.proof = proof;
  }
}

/** What a session needs to know of the once before it. Kept in the notes `once:<connection>` and `once@<address>`. */
export class Challenge {
  /** The number that the device was given. */
  readonly once: string;
  /** The head of the reply that it came in, if that is to be learnt once the device is known. */
  readonly head: string | null;

  constructor(once: string, head: string | null) {
    this.once = once;
    this.head = head;
  }
}

/** Leaves a challenge for the session that follows, on the same connection or on another one from the same address. */
export function noteChallenge(visit: Visit, challenge: Challenge): void {
  const { connection, client } = visit.exchange;
  visit.note(`once:${connection}`, challenge);
  if (client !== '') visit.note(`once@${addressOf(client)}`, challenge);
}

/** The challenge of an exchange's connection, or else the newest of its client's address. */
export function challengeOf(visit: Visit): Challenge | null {
  const { connection, client } = visit.exchange;
  const note = visit.known.note(`once:${connection}`) ?? visit.known.note(`once@${addressOf(client)}`);
  return note instanceof Challenge ? note : null;
}

/** An address without its port. */
function addressOf(client: string): string {
  return client.slice(0, Math.max(0, client.lastIndexOf(':')));
}

/** Leaves a session for the later exchanges of its id, if it has got one, and of its connection. */
export function noteSession(visit: Visit, session: Session, id: string | undefined): void {
  visit.note(`connection:${visit.exchange.connection}`, session);
  if (id !== undefined) visit.note(`session:${id}`, session);
}

/** The session of a note that {@link noteSession} made; null for anything else. */
export function sessionFrom(note: unknown): Session | null {
  return note instanceof Session ? note : null;
}
