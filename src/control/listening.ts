import { connect } from 'node:net';

/** A connection on this machine that is not taken by then is taken by nobody. */
const PATIENCE_MS = 2_000;

/**
 * Whether somebody takes connections at an address of this machine. What the network has to do with it, such as an
 * address that is gone for a moment, is no reason to say no.
 */
export function isListening({ address, port }: { address: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    // A connection to all addresses is one to this machine.
    const socket = connect({ host: address, port, timeout: PATIENCE_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code !== 'ECONNREFUSED'));
  });
}
