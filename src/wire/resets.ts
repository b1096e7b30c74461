import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** What a connection needs of one of its sides: a socket, or what stands for one. */
export interface Side extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Ends it, and closes it when all is flushed. */
  destroySoon(): void;
  /** Closes it with a TCP reset. */
  resetAndDestroy(): unknown;
}

/**
 * Gives a TLS socket what stands for a reset. A reset of the socket below it, while something is still being sent,
 * ends Node itself (segmentation fault in 20.20 and 24). So it is closed without a word instead: a cut that the other
 * side knows by the missing close_notify (RFC 8446 section 6.1).
 */
export function resettable(tls: TLSSocket): TLSSocket {
  tls.resetAndDestroy = () => tls.destroy();
  return tls;
}

/**
 * Resets a connection; closes it where that cannot be done. While the end of a socket is being sent, libuv refuses a
 * reset, and Node then never closes it: its descriptor is lost, and the process does not end (20.20 and 24).
 */
export function reset(side: Side): void {
  if (isEnding(side)) side.destroy();
  else side.resetAndDestroy();
}

/** Resets a connection when what was written to it is on its way. */
export function resetWhenFlushed(side: Side): void {
  const now = () => reset(side);
  if (isEnding(side)) side.once('finish', now);
  else if (side.writableLength === 0) now();
  else side.write('', now);
}

/** Whether it was ended, and what was written to it is not all on its way. */
function isEnding({ writableEnded, writableFinished }: Side): boolean {
  return writableEnded && !writableFinished;
}
