import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { TLSSocket } from 'node:tls';
import type { InterceptReason } from '../model/exchange.js';
import { resettable } from './resets.js';

/** All that is spoken inside: what is relayed is HTTP/1.x. */
export const PROTOCOL = 'http/1.1';

/**
 * Speaks TLS with a client as the server that it asked for. `seen` is what it has sent of its hello; the socket is
 * paused. Resolves to the socket with what is inside, or to the reason why there is none: then the client is gone, or
 * is to be let go.
 */
export function acceptTls(
  client: Socket,
  seen: Buffer,
  secureContext: SecureContext,
): Promise<TLSSocket | InterceptReason> {
  return new Promise((resolve) => {
    client.unshift(seen);
    const inside = new TLSSocket(client, { isServer: true, secureContext, ALPNProtocols: [PROTOCOL] });
    const over = (reason: InterceptReason): void => {
      settle();
      inside.destroy();
      resolve(reason);
    };
    const onError = (error: NodeJS.ErrnoException): void => over(reasonOf(error));
    const onGone = (): void => over('left-handshake');
    const settle = (): void => {
      inside.removeListener('error', onError).removeListener('end', onGone).removeListener('close', onGone);
      // A late error of a handshake that is over and told of.
      inside.on('error', () => undefined);
    };
    inside.on('error', onError).on('end', onGone).on('close', onGone);
    inside.once('secure', () => {
      settle();
      resolve(resettable(inside));
    });
  });
}

const reasons: readonly (readonly [code: RegExp, reason: InterceptReason])[] = [
  // What TLS clients say of a certificate that they do not take (RFC 8446 section 6.2).
  [
    /_ALERT_(UNKNOWN_CA|BAD_CERTIFICATE\w*|(UNSUPPORTED|NO)_CERTIFICATE|CERTIFICATE_\w+|ACCESS_DENIED)$/,
    'certificate-refused',
  ],
  [/NO_APPLICATION_PROTOCOL$/, 'only-h2'],
  [
    /NO_SHARED_\w+|UNSUPPORTED_PROTOCOL|NO_SUITABLE_\w+|VERSION_TOO_LOW|_ALERT_(PROTOCOL_VERSION|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY)$/,
    'no-common-cipher',
  ],
  [/^(ECONNRESET|EPIPE)$/, 'left-handshake'],
];

function reasonOf({ code = '' }: NodeJS.ErrnoException): InterceptReason {
  return reasons.find(([pattern]) => pattern.test(code))?.[1] ?? 'handshake-failed';
}
