/** A call that has come back in so often is taken for a loop. */
export const LOOP_DEPTH = 3;

interface Call {
  readonly head: Buffer;
  readonly depth: number;
}

/**
 * Sees our own calls come back in, through a port forwarder that keeps the port they come from: a client whose port
 * is one of ours, with the very head that we sent from there. Scales that say the same may have that by chance, so
 * only a call that has come back again and again, {@link LOOP_DEPTH} times, is a loop.
 */
export class OutgoingCalls {
  readonly #byPort = new Map<number, Call>();

  /** How often the call of a client, by the port it comes from and its first head, has been through here before. */
  depth(clientPort: number, head: Buffer): number {
    const outer = this.#byPort.get(clientPort);
    return outer?.head.equals(head) ? outer.depth + 1 : 0;
  }

  add(localPort: number, head: Buffer, depth: number): void {
    this.#byPort.set(localPort, { head, depth });
  }

  remove(localPort: number): void {
    this.#byPort.delete(localPort);
  }
}
