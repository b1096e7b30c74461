import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { RefusalReason } from '../model/exchange.js';
import type { Endpoint } from './address.js';
import { formatEndpoint, isOwnAddress, reachesListener } from './address.js';
import type { Upstream } from './upstreams.js';

/** The least time that an address gets when the look-up has used up almost all. */
const MIN_ATTEMPT_MS = 100;

/** Why no upstream connection could be had, for the journal and in words for people. */
export class DialError extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface DialOptions {
  /** Addresses of a host by a resolver that does not see the local DNS override. */
  readonly lookUp: (host: string) => Promise<readonly string[]>;
  /** For the look-up and all addresses together. */
  readonly connectTimeoutMs: number;
  /** Where we listen ourselves. */
  readonly listeners: readonly Endpoint[];
  /** Whether upstream may be called; asked before every step, as that may change meanwhile. Without it, it may. */
  readonly mayDial?: () => boolean;
}

/**
 * Connects to an upstream, one address after the other: each gets its share of the time that is left. Rejects with
 * a {@link DialError} about the first of them, also when every address is our own: then the look-up went through
 * the very override that brings the scales here.
 */
export async function dial(upstream: Upstream, options: DialOptions): Promise<Socket> {
  const { host, port } = upstream;
  const deadline = performance.now() + options.connectTimeoutMs;
  checkMayDial(host, options);
  const addresses = upstream.address === null ? await lookedUp(host, options) : [upstream.address];
  // A name that leads to this machine is the override at work, even if only a redirect leads to our port.
  const isSelf = (address: string): boolean =>
    upstream.address === null ? isOwnAddress(address) : reachesListener({ address, port }, options.listeners);
  const others = addresses.filter((address) => !isSelf(address));
  if (others.length === 0) throw new DialError('upstream-is-self', loopMessage(host, addresses.join(', ')));
  const failures: DialError[] = [];
  for (const [i, address] of others.entries()) {
    checkMayDial(host, options);
    const leftMs = Math.max(MIN_ATTEMPT_MS, deadline - performance.now());
    const outcome = await connectTo({ address, port }, leftMs / (others.length - i));
    if (!(outcome instanceof DialError)) return outcome;
    failures.push(outcome);
  }
  const [first] = failures;
  throw new DialError(first?.reason ?? 'connect-failed', `cannot reach ${host}: ${first?.message}`);
}

function checkMayDial(host: string, { mayDial }: DialOptions): void {
  if (mayDial?.() === false) throw new DialError('offline', `${host} is not called in mode offline`);
}

/** What to say when the relay would call itself. */
export function loopMessage(host: string, address: string): string {
  return (
    `${host} leads back to scaletap itself (${address}): the DNS override for the scale is also what scaletap sees. ` +
    'Set --upstream-dns to a resolver outside your network, or --upstream HOST=ADDRESS with the true address'
  );
}

/** At least one address. */
async function lookedUp(host: string, options: DialOptions): Promise<readonly string[]> {
  let why = 'it has no address';
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      const message = `no resolver answered within ${options.connectTimeoutMs / 1000} s`;
      timer = setTimeout(() => reject(new Error(message)), options.connectTimeoutMs);
    });
    const addresses = await Promise.race([options.lookUp(host), late]);
    if (addresses.length > 0) return addresses;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
  throw new DialError(
    'lookup-failed',
    `cannot look up ${host}: ${why}. Is there a way to the resolvers of --upstream-dns?`,
  );
}

/** Resolves with the socket, connected and without listeners, or with the reason why there is none. */
function connectTo(endpoint: Endpoint, timeoutMs: number): Promise<Socket | DialError> {
  return new Promise((resolve) => {
    const { address: host, port } = endpoint;
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const where = formatEndpoint(endpoint);
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(
        new DialError('connect-timeout', `${where} did not answer within ${Math.round(timeoutMs) / 1000} s`),
      );
    }, timeoutMs);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(
        error.code === 'ECONNREFUSED'
          ? new DialError('connect-refused', `${where} refused the connection`)
          : new DialError('connect-failed', error.message),
      );
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
