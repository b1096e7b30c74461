import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { RefusalReason } from '../model/exchange.js';
import type { Endpoint } from './address.js';
import { formatEndpoint, reachesListener } from './address.js';
import type { Upstream } from './upstreams.js';

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
  /** For one address. */
  readonly connectTimeoutMs: number;
  /** Where we listen ourselves. */
  readonly listeners: readonly Endpoint[];
}

/**
 * Connects to an upstream, one address after the other. Rejects with a {@link DialError}, also when every address
 * is our own: then the look-up went through the very override that brings the scales here.
 */
export async function dial(upstream: Upstream, options: DialOptions): Promise<Socket> {
  const { host, port } = upstream;
  const addresses = upstream.address === null ? await addressesOf(host, options) : [upstream.address];
  const others = addresses.filter((address) => !reachesListener({ address, port }, options.listeners));
  if (others.length === 0) throw new DialError('upstream-is-self', loopMessage(host, addresses.join(', ')));
  let last: unknown;
  for (const address of others) {
    try {
      return await connectTo({ address, port }, options.connectTimeoutMs);
    } catch (error) {
      last = error;
    }
  }
  throw last instanceof DialError
    ? new DialError(last.reason, `cannot reach ${host}: ${last.message}`)
    : last;
}

/** What to say when the relay would call itself. */
export function loopMessage(host: string, address: string): string {
  return (
    `${host} leads back to scaletap itself (${address}): the DNS override for the scale is also what scaletap sees. ` +
    'Set --upstream-dns to a resolver outside your network, or --upstream HOST=ADDRESS with the true address'
  );
}

async function addressesOf(host: string, options: DialOptions): Promise<readonly string[]> {
  try {
    return await options.lookUp(host);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DialError(
      'lookup-failed',
      `cannot look up ${host}: ${why}. Is there a way to the resolvers of --upstream-dns?`,
    );
  }
}

function connectTo(endpoint: Endpoint, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: endpoint.address,
      port: endpoint.port,
      allowHalfOpen: true,
      noDelay: true,
    });
    const where = formatEndpoint(endpoint);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new DialError('connect-timeout', `${where} did not answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const onError = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        error.code === 'ECONNREFUSED'
          ? new DialError('connect-refused', `${where} refused the connection`)
          : new DialError('connect-failed', error.message),
      );
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(socket);
    });
  });
}
