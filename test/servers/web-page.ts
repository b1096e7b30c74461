import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What a browser gets of a server that is not only an API: a page, and a WebSocket that says everything back. */

/** Fetches, and talks over a WebSocket; its title tells what came of that. */
export const page = `<!doctype html>
<html lang="en"><head><title>loading</title></head><body><script type="module">
const answer = await fetch('/');
const socket = new WebSocket('wss://' + location.host + '/echo');
const said = await new Promise((resolve, reject) => {
  socket.onopen = () => socket.send('x'.repeat(300));
  socket.onmessage = (event) => resolve(event.data);
  socket.onerror = () => reject(new Error('the WebSocket failed'));
}).catch((error) => error.message);
document.title = 'fetch ' + answer.status + ', WebSocket ' + said.length;
</script></body></html>
`;

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = 8;

/** Takes the upgrade, and sends each frame of the client back, without its mask. */
export function echoFrames(message: IncomingMessage, socket: Socket): void {
  const key = message.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let frame = frameOf(pending); frame !== undefined; frame = frameOf(pending)) {
      pending = pending.subarray(frame.length);
      socket.write(Buffer.concat([frame.head, frame.payload]));
      if (frame.opcode === CLOSE) socket.end();
    }
  });
}

interface Frame {
  readonly opcode: number;
  /** As it goes back: without a mask. */
  readonly head: Buffer;
  readonly payload: Buffer;
  /** How long it was. */
  readonly length: number;
}

/** The first frame of what came, of up to 65,535 bytes (RFC 6455 section 5.2); undefined until it is all there. */
function frameOf(bytes: Buffer): Frame | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  const headLength = short === 126 ? 4 : 2;
  const from = headLength + 4;
  if (bytes.length < from) return undefined;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < from + size) return undefined;
  const mask = bytes.subarray(headLength, from);
  const payload = Buffer.from(bytes.subarray(from, from + size));
  for (const [i, byte] of payload.entries()) payload[i] = byte ^ (mask[i % 4] ?? 0);
  const head = Buffer.from(bytes.subarray(0, headLength));
  head[1] = short;
  return { opcode: first & 0xf, head, payload, length: from + size };
}
