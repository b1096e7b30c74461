import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

const MOST_BYTES = 65_536;

/** What a request has sent, or why it cannot be taken. */
type Sent = { readonly value: unknown } | { readonly status: 400 | 413 | 415; readonly message: string };

/**
 * The JSON body of a request. Anything but `application/json` is refused: that is what a form of another site cannot
 * send. Rejects when the client leaves in the middle of it.
 */
export async function readJson(message: IncomingMessage): Promise<Sent> {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = message.headers;
  if (
    !/^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type.trim()) ||
    coding !== 'identity'
  ) {
    return { status: 415, message: 'send JSON, as Content-Type: application/json and not compressed' };
  }
  const tooLarge = { status: 413, message: `the body has more than ${MOST_BYTES} bytes` } as const;
  if (Number(message.headers['content-length'] ?? 0) > MOST_BYTES) return tooLarge;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of message.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > MOST_BYTES) return tooLarge;
    parts.push(bytes);
  }
  const body = Buffer.concat(parts);
  const notJson = { status: 400, message: 'the body is not JSON' } as const;
  if (!isUtf8(body)) return notJson;
  try {
    return { value: JSON.parse(body.toString()) };
  } catch {
    // What is wrong in it is for whoever has sent it.
    return notJson;
  }
}
