import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib';

/** The most bytes that are made of a compressed body. */
const MOST_BYTES = 32 * 1024 * 1024;
/** The most codings that are undone in a row. */
const MOST_CODINGS = 4;

export type CodingRefusal =
  /** A coding that is none of gzip, deflate and br, or too many of them. */
  | 'unknown-coding'
  /** The bytes are not what the coding makes, or are not all there. */
  | 'bad-coding'
  /** More bytes than are wanted come out, as of a bomb. */
  | 'content-too-large';

type Decoder = (bytes: Uint8Array, options: ZlibOptions) => Buffer;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateAny],
  ['br', (bytes, { maxOutputLength = MOST_BYTES }) => brotliDecompressSync(bytes, { maxOutputLength })],
  ['identity', (bytes) => Buffer.from(bytes)],
]);

/** The content before these codings, named in lower case in the order in which they were put on (RFC 9110, 8.4). */
export function decoded(content: Uint8Array, codings: readonly string[]): Uint8Array | CodingRefusal {
  if (codings.length > MOST_CODINGS) return 'unknown-coding';
  let bytes = content;
  for (const name of codings.toReversed()) {
    const decoder = decoders.get(name);
    if (decoder === undefined) return 'unknown-coding';
    try {
      bytes = decoder(bytes, { maxOutputLength: MOST_BYTES });
    } catch (error) {
      return isTooLarge(error) ? 'content-too-large' : 'bad-coding';
    }
  }
  return bytes;
}

/** `deflate` is zlib's format (RFC 9110, 8.4.1.2), but some servers leave its head out. */
function inflateAny(bytes: Uint8Array, options: ZlibOptions): Buffer {
  const [method = 0, flags = 0] = bytes;
  const isZlib = (method & 15) === 8 && (method * 256 + flags) % 31 === 0;
  return isZlib ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
