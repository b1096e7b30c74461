import { createHash, timingSafeEqual } from 'node:crypto';
import { parseHead } from '../model/message.js';

/** The user and password that the proxy asks for, by the Basic scheme (RFC 7617). */
export class ProxyLogin {
  readonly #digest: Buffer;

  /** `login` is `user:password`, the user without a colon. Clients send it in UTF-8. */
  constructor(login: string) {
    this.#digest = digestOf(Buffer.from(login));
  }

  /**
   * Whether the head of a request names this user and password in its one Proxy-Authorization. How long it takes
   * tells nothing about how much of them was right.
   */
  admits(head: Buffer): boolean {
    const [value, ...others] = parseHead(head).headers.flatMap(([name, each]) =>
      name.toLowerCase() === 'proxy-authorization' ? [each] : [],
    );
    const [, credentials] = /^basic +([a-z0-9+/]+=*)$/i.exec(value ?? '') ?? [];
    if (credentials === undefined || others.length > 0) return false;
    return timingSafeEqual(digestOf(Buffer.from(credentials, 'base64')), this.#digest);
  }
}

/** Of the same length whatever was hashed, as a comparison in constant time needs it. */
function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
