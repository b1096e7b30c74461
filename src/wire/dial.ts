import type { Socket } from 'node:net';
import { connect, isIP } from 'node:net';
import type { DetailedPeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { printable } from '../model/escape.js';
import type { RefusalReason } from '../model/exchange.js';
import type { Endpoint } from './address.js';
import { formatEndpoint, isOwnAddress, reachesListener } from './address.js';
import { resettable } from './resets.js';
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
  /**
   * Whether an address may be dialled that a client has named, or that its name has led to. The one that is asked
   * about is the one that is dialled. Not asked about an upstream's fixed address. Without it, all may be.
   */
  readonly mayReach?: (address: string) => boolean;
}

/**
 * Connects to an upstream, one address after the other: each gets its share of the time that is left. A host that
 * is an address itself is not looked up. Rejects with a {@link DialError} about the first of them, also when every
 * address is our own: then the look-up went through the very override that brings the scales here.
 */
export async function dial(upstream: Upstream, options: DialOptions): Promise<Socket> {
  const { host, port } = upstream;
  const deadline = performance.now() + options.connectTimeoutMs;
  checkMayDial(host, options);
  const addresses = await addressesOf(upstream, options);
  // A name that leads to this machine is the override at work, even if only a redirect leads to our port.
  const isSelf = (address: string): boolean =>
    upstream.address === null ? isOwnAddress(address) : reachesListener({ address, port }, options.listeners);
  const others = addresses.filter((address) => !isSelf(address));
  if (others.length === 0) throw new DialError('upstream-is-self', loopMessage(host, addresses.join(', ')));
  const reachable = upstream.address === null ? reachableOf(host, others, options) : others;
  const failures: DialError[] = [];
  for (const [i, address] of reachable.entries()) {
    checkMayDial(host, options);
    const leftMs = Math.max(MIN_ATTEMPT_MS, deadline - performance.now());
    const outcome = await connectTo({ address, port }, leftMs / (reachable.length - i));
    if (!(outcome instanceof DialError)) return outcome;
    failures.push(outcome);
  }
  const [first] = failures;
  throw new DialError(first?.reason ?? 'connect-failed', `cannot reach ${host}: ${first?.message}`);
}

function checkMayDial(host: string, { mayDial }: DialOptions): void {
  if (mayDial?.() === false) throw new DialError('offline', `${host} is not called in mode offline`);
}

async function addressesOf({ host, address }: Upstream, options: DialOptions): Promise<readonly string[]> {
  if (address !== null) return [address];
  return isIP(host) === 0 ? lookedUp(host, options) : reachableOf(host, [host], options);
}

/** Those addresses that may be dialled, of which there is at least one. */
function reachableOf(
  host: string,
  addresses: readonly string[],
  { mayReach }: DialOptions,
): readonly string[] {
  const reachable = mayReach ? addresses.filter(mayReach) : addresses;
  if (reachable.length > 0) return reachable;
  const where = isIP(host) === 0 ? `${host} leads to ${addresses.join(', ')}, which` : host;
  throw new DialError(
    'target-not-allowed',
    `${where} is not on the internet, and the proxy leads nowhere else`,
  );
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

export interface TlsDialOptions extends DialOptions {
  /** Holds the certificates that upstream is verified with, and the least version of TLS. */
  readonly secureContext: SecureContext;
}

/** What OpenSSL calls it when nobody whom we trust has signed. */
const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const WRONG_TIME: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/**
 * Connects to an upstream and speaks TLS with it, for HTTP/1.1, its certificate verified for its host. All within the
 * time-out. Resolves with a socket that is half-open as those of {@link dial} are, and without listeners of ours.
 * Rejects with a {@link DialError}, the reasons of a handshake among them.
 */
export async function dialTls(upstream: Upstream, options: TlsDialOptions): Promise<TLSSocket> {
  const deadline = performance.now() + options.connectTimeoutMs;
  const socket = await dial(upstream, options);
  const leftMs = Math.max(MIN_ATTEMPT_MS, deadline - performance.now());
  return handshake(socket, upstream.host, options.secureContext, leftMs);
}

function handshake(
  socket: Socket,
  host: string,
  secureContext: SecureContext,
  timeoutMs: number,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure: TLSSocket = connectTls({
      socket,
      secureContext,
      // What the certificate must name. An address may not be a server name.
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ALPNProtocols: ['http/1.1'],
      // Else an environment variable could turn it off.
      rejectUnauthorized: true,
      checkServerIdentity: () => identityError(secure, host),
    });
    // Node would turn the whole chain into objects for the check, which does without: a tenth of all that a tunnel costs.
    secure.getPeerCertificate = () => ({}) as DetailedPeerCertificate;
    const fail = (error: DialError): void => {
      clearTimeout(timer);
      secure.destroy();
      reject(error);
    };
    const onError = (error: NodeJS.ErrnoException): void => fail(handshakeError(host, error, secure));
    const timer = setTimeout(() => {
      fail(new DialError('connect-timeout', `${host} did not answer the TLS handshake in time`));
    }, timeoutMs);
    secure.on('error', onError);
    secure.once('secureConnect', () => {
      clearTimeout(timer);
      secure.off('error', onError);
      resolve(resettable(secure));
    });
  });
}

/** Whether the certificate names the host (RFC 9525), by its alternative names alone. */
function identityError(secure: TLSSocket, host: string): Error | undefined {
  const certificate = secure.getPeerX509Certificate();
  const named =
    isIP(host) === 0
      ? certificate?.checkHost(host, { subject: 'never', partialWildcards: false })
      : certificate?.checkIP(host);
  if (named !== undefined) return undefined;
  const error: NodeJS.ErrnoException = new Error(`it is not for ${host}`);
  error.code = 'ERR_TLS_CERT_ALTNAME_INVALID';
  return error;
}

function handshakeError(host: string, error: NodeJS.ErrnoException, socket: TLSSocket): DialError {
  const code = error.code ?? 'no code';
  // OpenSSL's own words, without the file and line that they come from.
  const why = printable('reason' in error ? String(error.reason) : error.message);
  // Set when the handshake came to its end, and only the certificate was not taken.
  if (!socket.authorizationError) {
    return new DialError('upstream-tls', `no TLS with ${host}: ${why} (${code})`);
  }
  let help = '';
  if (UNKNOWN_ISSUER.has(code))
    help = '. If its issuer is to be trusted, name its certificate with --upstream-ca FILE';
  if (WRONG_TIME.has(code)) help = '. Is the clock of this machine right?';
  const message = `the certificate of ${host} is not trusted: ${why} (${code})${help}`;
  return new DialError('upstream-certificate', message);
}
