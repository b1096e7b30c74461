/**
 * The least HTTP/1.1 reading that the bench needs: to split the capture, and for whatever a peer has changed
 * on the way. Bytes that crossed unchanged never come here, they are compared as they are.
 */

const HEAD_END = '\r\n\r\n';

/**
 * Reads the message that starts at `from`.
 *
 * @param {Buffer} bytes
 * @param {number} from
 * @returns {{ start: string, expects: boolean, headEnd: number, end: number | null, payload: Buffer | null } | null}
 *   `start` is the start line; `end` is where the next message starts and `payload` the body without chunk
 *   framing, both null while bytes are missing. Null when not even the head is there.
 * @throws {Error} when the message cannot be framed
 */
export function readMessage(bytes, from) {
  const at = bytes.indexOf(HEAD_END, from, 'latin1');
  if (at < 0) return null;
  const headEnd = at + HEAD_END.length;
  const head = bytes.latin1Slice(from, at);
  const lineEnd = head.indexOf('\r\n');
  const start = lineEnd < 0 ? head : head.slice(0, lineEnd);
  const expects = /\r\nexpect: *100-continue/i.test(head);
  const message = { start, expects, headEnd };
  if (start.startsWith('HTTP/1.1 100 ')) return { ...message, end: headEnd, payload: Buffer.alloc(0) };
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length) {
    const end = headEnd + Number(length[1]);
    if (end > bytes.length) return { ...message, end: null, payload: null };
    return { ...message, end, payload: bytes.subarray(headEnd, end) };
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return { ...message, ...readChunks(bytes, headEnd) };
  throw new Error(`no body length in the head of "${start}"`);
}

function readChunks(bytes, from) {
  const missing = { end: null, payload: null };
  const chunks = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd < 0) return missing;
    const size = Number.parseInt(bytes.latin1Slice(at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('bad chunk size');
    const end = lineEnd + 2 + size + 2;
    if (end > bytes.length) return missing;
    if (size === 0) return { end, payload: Buffer.concat(chunks) };
    chunks.push(bytes.subarray(lineEnd + 2, end - 2));
    at = end;
  }
}
