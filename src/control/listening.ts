import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

/** A connection on this machine that is not taken by then is taken by nobody. */
const PATIENCE_MS = 2_000;

/**
 * Whether somebody takes connections at an address of this machine. What the network has to do with it, such as an
 * address that is gone for a moment, is no reason to say no.
 */
export function isListening({ address, port }: { address: string; port: number }): Promise<boolean> {
  if (!isHere(address)) return Promise.resolve(true);
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

/** Whether an address is one of this machine now, or all of them. */
function isHere(address: string): boolean {
  if (address === '::' || address === '0.0.0.0') return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === address));
}
