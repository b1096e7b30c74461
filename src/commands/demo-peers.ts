import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Dumped } from '../transfer/http-dump.js';
import { readDumped } from '../transfer/http-dump.js';
import type { Endpoint } from '../wire/address.js';

/** How long either side of the demo waits for the other. */
const PATIENCE_MS = 10_000;

/** The exchanges of a `.http` dump. */
export function readRecording(bytes: Buffer): Dumped[] {
  const exchanges: Dumped[] = [];
  for (let at = 0; at < bytes.length; ) {
    const dumped = readDumped(bytes.subarray(at), true);
    if (typeof dumped === 'string' || 'reason' in dumped)
      throw new Error(`the recording is broken at byte ${at}`);
    exchanges.push(dumped);
    at += dumped.end;
  }
  return exchanges;
}

/** Stands for the vendor's cloud: gives the answers of a recording, to exactly the requests of that recording. */
export class RecordedCloud {
  /** What it plays; to be set before the scale connects. */
  recording: readonly Dumped[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      // The other side sees a wrong or missing answer, and says so.
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  async listen(): Promise<Endpoint> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('a TCP server has no address');
    return bound;
  }

  close(): void {
    this.#server.close();
  }

  async #serve(socket: Socket): Promise<void> {
    const bytes = new Incoming(socket);
    for (const { request, interim, response } of this.recording) {
      await bytes.expect(request.head);
      socket.write(interim);
      await bytes.expect(request.body);
      if (response) socket.write(Buffer.concat([response.head, response.body]));
    }
  }
}

/**
 * Plays the scale's part of a recording against a listener. Rejects when what comes back differs by a byte from
 * what was recorded.
 */
export async function playScale(recording: readonly Dumped[], { address, port }: Endpoint): Promise<void> {
  const socket = connect({ host: address, port, noDelay: true });
  try {
    await once(socket, 'connect');
    const bytes = new Incoming(socket);
    for (const { request, interim, response } of recording) {
      socket.write(request.head);
      await bytes.expect(interim);
      socket.write(request.body);
      if (response) await bytes.expect(Buffer.concat([response.head, response.body]));
    }
  } finally {
    socket.end();
  }
}

/** The bytes that come in on a socket, to be compared with those that are expected. */
class Incoming {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setTimeout(PATIENCE_MS, () =>
      socket.destroy(new Error(`nothing came for ${PATIENCE_MS / 1000} s`)),
    );
  }

  async expect(expected: Uint8Array): Promise<void> {
    while (this.#pending.length < expected.length) {
      const chunk: Buffer | null = this.#socket.read();
      if (chunk) this.#pending = Buffer.concat([this.#pending, chunk]);
      else if (this.#socket.readableEnded) throw new Error('the connection ended too early');
      else await once(this.#socket, 'readable');
    }
    const came = this.#pending.subarray(0, expected.length);
    if (Buffer.compare(came, expected) !== 0) throw new Error('other bytes came than were recorded');
    this.#pending = this.#pending.subarray(expected.length);
  }
}
