import type { Proof } from './hash.js';
import { isObject, parseJson } from './json.js';
import type { Visit } from './visit.js';

/** What later exchanges need to know of a session. Kept in the notes `session:<id>` and `connection:<name>`. */
export interface Session {
  /** The device's MAC in normal form. */
  readonly device: string;
  /** The server's time in its reply, in milliseconds. */
  readonly serverMs: number | null;
  readonly verdict: 'verified' | 'failed' | 'unchecked';
  /** What the hash was made of, if it was of the kind that we can check. */
  readonly proof: Proof | null;
}

/** Leaves a session for the later exchanges of its id, if it has got one, and of its connection. */
export function noteSession(visit: Visit, session: Session, id: string | undefined): void {
  const text = JSON.stringify(session);
  visit.note(`connection:${visit.exchange.connection}`, text);
  if (id !== undefined) visit.note(`session:${id}`, text);
}

/** The session of a note that {@link noteSession} made; null for anything else. */
export function sessionFrom(text: string | undefined): Session | null {
  if (text === undefined) return null;
  const session = parseJson(text);
  return isSession(session) ? session : null;
}

function isSession(value: unknown): value is Session {
  if (!isObject(value)) return false;
  const { device, serverMs, verdict, proof } = value;
  return (
    typeof device === 'string' &&
    (serverMs === null || typeof serverMs === 'number') &&
    (verdict === 'verified' || verdict === 'failed' || verdict === 'unchecked') &&
    (proof === null || isProof(proof))
  );
}

function isProof(value: unknown): value is Proof {
  return isObject(value) && [value.auth, value.once, value.hash].every((part) => typeof part === 'string');
}
