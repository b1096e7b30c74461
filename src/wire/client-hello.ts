import { isIP } from 'node:net';
import { plainHostName } from './host-name.js';

/** What the first bytes of a client that may speak TLS say. */
export type ClientHello =
  /** Not all there. */
  | { readonly kind: 'more' }
  /** Another protocol; SSL 2.0 as well, which nobody speaks. */
  | { readonly kind: 'not-tls' }
  /** TLS, but no ClientHello that makes sense, or one without end. */
  | { readonly kind: 'bad' }
  | {
      readonly kind: 'hello';
      /** The host that is called, lower case, without final dot; null when it is not named, or by its address. */
      readonly serverName: string | null;
      /** The protocols of ALPN, first choice first; none when there is no such extension. */
      readonly protocols: readonly string[];
    };

/** Of a hello, its record headers counted. Real ones, with post-quantum keys, stay below 4 KiB. */
const MAX_BYTES = 65_536;
const MAX_RECORD = 16_384;
const RECORD_HEADER = 5;
/** Change cipher spec, alert, handshake, application data, heartbeat. */
const FIRST_RECORD_TYPE = 20;
const LAST_RECORD_TYPE = 24;
const HANDSHAKE_RECORD = 22;
const MAJOR_VERSION = 3;
const MESSAGE_HEADER = 4;
const CLIENT_HELLO = 1;
const VERSION_AND_RANDOM = 34;
const MAX_SESSION_ID = 32;
const SERVER_NAME_EXTENSION = 0;
const ALPN_EXTENSION = 16;
const HOST_NAME = 0;

/** The hello cannot be read. */
class BadHello extends Error {}

/**
 * Reads the ClientHello (RFC 8446 section 4.1.2) in all that a connection has brought so far, as early as the bytes
 * allow. The handshake message may be cut into records anywhere (section 5.1). What follows it is not looked at.
 * Extensions other than server_name (RFC 6066 section 3) and ALPN (RFC 7301 section 3.1) are passed over.
 */
export function readClientHello(bytes: Buffer): ClientHello {
  try {
    const message = handshakeMessage(bytes.subarray(0, MAX_BYTES));
    if (message === 'not-tls') return { kind: 'not-tls' };
    if (message !== 'more') return { kind: 'hello', ...helloIn(message) };
    return { kind: bytes.length < MAX_BYTES ? 'more' : 'bad' };
  } catch (error) {
    if (error instanceof BadHello) return { kind: 'bad' };
    throw error;
  }
}

/** The body of the ClientHello, put together from its records. */
function handshakeMessage(bytes: Buffer): Buffer | 'more' | 'not-tls' {
  const fragments: Buffer[] = [];
  const header: number[] = [];
  let gathered = 0;
  for (let at = 0; at < bytes.length; ) {
    const [type = 0, major = MAJOR_VERSION] = bytes.subarray(at, at + 2);
    if (type < FIRST_RECORD_TYPE || type > LAST_RECORD_TYPE || major !== MAJOR_VERSION) {
      if (at === 0) return 'not-tls';
      throw new BadHello();
    }
    // The type alone may still be the first byte of another protocol.
    if (bytes.length === 1) return 'more';
    if (type !== HANDSHAKE_RECORD) throw new BadHello();
    if (at + RECORD_HEADER > bytes.length) return 'more';
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > MAX_RECORD) throw new BadHello();
    at += RECORD_HEADER;
    const fragment = bytes.subarray(at, at + length);
    at += length;
    fragments.push(fragment);
    gathered += fragment.length;

    if (header.length < MESSAGE_HEADER) header.push(...fragment.subarray(0, MESSAGE_HEADER - header.length));
    const [messageType = CLIENT_HELLO, high = 0, middle = 0, low] = header;
    if (messageType !== CLIENT_HELLO) throw new BadHello();
    if (low === undefined) continue;
    const end = MESSAGE_HEADER + high * 65_536 + middle * 256 + low;
    if (end > MAX_BYTES) throw new BadHello();
    if (gathered >= end) return Buffer.concat(fragments).subarray(MESSAGE_HEADER, end);
  }
  return 'more';
}

/** Reads fields one after the other; one that does not fit is a {@link BadHello}. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new BadHello();
    return this.#bytes.subarray(from, this.#at);
  }

  number(size: 1 | 2): number {
    return this.take(size).readUIntBE(0, size);
  }

  /** Bytes behind their length, of which there must be `least`. */
  vector(size: 1 | 2, least: number): Buffer {
    const length = this.number(size);
    if (length < least) throw new BadHello();
    return this.take(length);
  }

  /** Nothing may be left. */
  end(): void {
    if (!this.atEnd) throw new BadHello();
  }
}

function helloIn(body: Buffer): { serverName: string | null; protocols: readonly string[] } {
  const fields = new Fields(body);
  fields.take(VERSION_AND_RANDOM);
  if (fields.vector(1, 0).length > MAX_SESSION_ID) throw new BadHello();
  // Cipher suites of two bytes each, and ways of compression.
  if (fields.vector(2, 2).length % 2 !== 0) throw new BadHello();
  fields.vector(1, 1);
  let serverName: string | null | undefined;
  let protocols: readonly string[] | undefined;
  // Before TLS 1.3 there may be none at all.
  const extensions = new Fields(fields.atEnd ? Buffer.alloc(0) : fields.vector(2, 0));
  fields.end();
  while (!extensions.atEnd) {
    const type = extensions.number(2);
    const data = extensions.vector(2, 0);
    if (type === SERVER_NAME_EXTENSION) {
      if (serverName !== undefined) throw new BadHello();
      serverName = serverNameIn(data);
    } else if (type === ALPN_EXTENSION) {
      if (protocols !== undefined) throw new BadHello();
      protocols = protocolsIn(data);
    }
  }
  return { serverName: serverName ?? null, protocols: protocols ?? [] };
}

/** The list has one entry in practice: no other type of name was ever defined, and none may come twice. */
function serverNameIn(data: Buffer): string | null {
  const extension = new Fields(data);
  const list = new Fields(extension.vector(2, 1));
  extension.end();
  const type = list.number(1);
  if (type !== HOST_NAME) throw new BadHello();
  const text = list.vector(2, 1).toString('latin1');
  list.end();
  // Not allowed as a server name, but some clients send it; it tells nothing that the connection does not.
  if (isIP(text) !== 0) return null;
  const host = plainHostName(text);
  if (host === null) throw new BadHello();
  return isIP(host) === 0 ? host : null;
}

function protocolsIn(data: Buffer): string[] {
  const extension = new Fields(data);
  const list = new Fields(extension.vector(2, 2));
  extension.end();
  const protocols: string[] = [];
  while (!list.atEnd) protocols.push(list.vector(1, 1).toString('latin1'));
  return protocols;
}
