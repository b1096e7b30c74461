import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeafServer } from './deaf.js';
import { startDeafServer } from './deaf.js';
import { Incoming, NoMore } from './incoming.js';
import { freePort } from './ports.js';
import type { Endpoint } from './scale-posts.js';
import type { CloudDevice, Outcome } from './withings-books.js';
import { WithingsBooks } from './withings-books.js';
import { continued, html, lies, ordersOf, redirect, replyBytes, unavailable } from './withings-replies.js';

/**
 * How the cloud can misbehave. Those that `takes` says yes for have got the request, and what it brings is in the
 * books: only the answer fails. With the others it never came.
 */
export const manners = {
  /** Its port is closed. */
  refuse: { takes: false },
  /** Nothing comes back, not even to a call. */
  blackhole: { takes: false },
  'reset-on-accept': { takes: false },
  'reset-after-request': { takes: true },
  'reset-in-answer': { takes: true },
  /** Accepts, and never answers. */
  hang: { takes: true },
  /** Answers as it should, but only after {@link SLOW_MS}. */
  slow: { takes: true },
  /** One byte a second. */
  drip: { takes: true },
  /** Closes after half a head. */
  'half-head': { takes: true },
  /** The page of a captive portal, with status 200. */
  portal: { takes: false },
  redirect: { takes: false },
  unavailable: { takes: false },
  /** A status of the vendor's other than 0. */
  status: { takes: false },
  /** A session reply for another scale. */
  'wrong-session': { takes: true },
  /** A session reply with orders to load firmware, to change server, and to change the secret. */
  firmware: { takes: true },
  /** JSON that ends too early, in a whole body. */
  truncated: { takes: true },
  /** JSON with values of the wrong types. */
  'wrong-types': { takes: true },
} as const satisfies Record<string, { readonly takes: boolean }>;

export type Manner = keyof typeof manners;

/** The status that it gives when it is told to refuse: TOO_MANY_REQUEST. */
export const REFUSED_STATUS = 601;

const DRIP_MS = 1_000;
const SLOW_MS = 500;
const PATIENCE_MS = 60_000;
/** Whose sessions others get by mistake. */
const STRANGER = '00:24:e4:ff:ff:ff';

/** A stand-in for the vendor's cloud, on raw sockets and always on the same port. */
export class WithingsCloud {
  readonly port: number;
  readonly books = new WithingsBooks();
  /** Connections that were accepted. */
  connections = 0;
  #server: Server | null = null;
  #deaf: DeafServer | null = null;
  readonly #sockets = new Set<Socket>();
  /** Those on which a request has come that is not answered. */
  readonly #asked = new Set<Socket>();
  /** The latest reply to each endpoint, as it was sent. */
  readonly replies = new Map<Endpoint, Buffer>();
  #manner: Manner | null = null;
  /** What is to begin with a request, or to be for these requests only. */
  #from: { readonly manner: Manner; readonly endpoint: Endpoint } | null = null;
  #only: { readonly manner: Manner; readonly endpoint: Endpoint } | null = null;
  /** The change of manner that is under way. */
  #changing: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<WithingsCloud> {
    const cloud = new WithingsCloud(await freePort());
    await cloud.#listen();
    return cloud;
  }

  /** Tells it of a scale. */
  add(mac: string, device: Partial<CloudDevice>): void {
    this.books.devices.set(mac, { users: [], asksMaint: false, ...device });
  }

  /** Misbehaves at once, or with the first request to an endpoint, and from then on to all. */
  async misbehave(manner: Manner, from?: Endpoint): Promise<void> {
    await this.recover();
    if (from === undefined) await this.#change(manner);
    else this.#from = { manner, endpoint: from };
  }

  /** Misbehaves at one endpoint, and is good at all others. */
  async misbehaveOnlyAt(manner: Manner, endpoint: Endpoint): Promise<void> {
    await this.recover();
    this.#only = { manner, endpoint };
  }

  /** Is good again. */
  async recover(): Promise<void> {
    await this.#changing;
    const wasSilent = this.#manner !== null || this.#only !== null;
    this.#manner = this.#from = this.#only = null;
    this.#deaf?.stop();
    this.#deaf = null;
    // Those that were left hanging get nothing any more.
    if (wasSilent) this.#hangUp();
    if (this.#server === null && !this.#stopped) await this.#listen();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.recover();
    this.#hangUp();
    this.#server?.close();
  }

  #change(manner: Manner): Promise<void> {
    this.#changing = this.#begin(manner);
    return this.#changing;
  }

  async #begin(manner: Manner): Promise<void> {
    this.#manner = manner;
    if (manner === 'blackhole') {
      // What is connected hears nothing more; whoever calls gets no answer.
      for (const socket of this.#sockets) socket.pause();
      this.#server?.close();
      this.#server = null;
      this.#deaf = await startDeafServer(this.port);
    } else if (manner === 'refuse') {
      this.#server?.close();
      this.#server = null;
      this.#hangUp();
    } else if (manner === 'reset-on-accept') this.#hangUp();
  }

  /** An answer that is under way still comes through: a reset would throw it away. */
  #hangUp(): void {
    for (const socket of this.#sockets) {
      if (this.#asked.has(socket)) socket.resetAndDestroy();
      else socket.destroySoon();
    }
    this.#sockets.clear();
  }

  async #listen(): Promise<void> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    for (let tries = 0; ; tries++) {
      try {
        server.listen(this.port, '127.0.0.1');
        await once(server, 'listening');
        this.#server = server;
        return;
      } catch (error) {
        // The process that was deaf there may not be gone yet.
        if (tries > 100) throw error;
        await sleep(10);
      }
    }
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#asked.delete(socket);
    });
    socket.on('error', () => socket.destroy());
    if (this.#manner === 'reset-on-accept') socket.resetAndDestroy();
    else void this.#serve(socket, this.connections);
  }

  async #serve(socket: Socket, connection: number): Promise<void> {
    const incoming = new Incoming(socket, PATIENCE_MS);
    try {
      for (;;) {
        const head = await incoming.head();
        if (/^expect: 100-continue\r$/im.test(head) && this.#manner === null) socket.write(continued);
        const { payload } = await incoming.body(head);
        const path = /^POST \/cgi-bin\/(\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? '';
        const form = new URLSearchParams(payload.toString('latin1'));
        const endpoint =
          path === 'session' && form.get('action') === 'delete' ? 'delete' : (path as Endpoint);
        await this.#answer(socket, incoming, { endpoint, form, connection });
      }
    } catch (error) {
      if (!(error instanceof NoMore)) throw error;
      socket.end();
    }
  }

  async #answer(
    socket: Socket,
    incoming: Incoming,
    post: { readonly endpoint: Endpoint; readonly form: URLSearchParams; readonly connection: number },
  ): Promise<void> {
    const { endpoint } = post;
    if (this.#from?.endpoint === endpoint) {
      const { manner } = this.#from;
      this.#from = null;
      void this.#change(manner);
    }
    const manner = this.#only?.endpoint === endpoint ? this.#only.manner : this.#manner;
    if (manner !== null && !manners[manner].takes) {
      refuse(socket, manner);
      return;
    }
    const outcome =
      manner === 'wrong-session' && endpoint === 'session'
        ? this.books.open(STRANGER)
        : this.books.answer(post);
    const bytes = replyBytes(endpoint, manner === 'firmware' ? ordersOf(outcome.body) : outcome.body);
    switch (manner) {
      case 'reset-after-request':
        socket.resetAndDestroy();
        break;
      case 'reset-in-answer':
        socket.write(bytes.subarray(0, -8), () => socket.resetAndDestroy());
        break;
      case 'half-head':
        socket.end(bytes.subarray(0, 60));
        break;
      case 'drip':
        await drip(socket, incoming, bytes, outcome);
        break;
      case 'truncated':
      case 'wrong-types':
        socket.write(lies[manner](endpoint, outcome.body));
        break;
      case 'hang':
        break;
      default:
        if (manner === 'slow') await sleep(SLOW_MS);
        this.#asked.delete(socket);
        this.replies.set(endpoint, bytes);
        write(socket, incoming, bytes, outcome);
    }
  }
}

/** Does what those do that have not got the request. */
function refuse(socket: Socket, manner: Manner): void {
  switch (manner) {
    case 'portal':
      socket.write(html);
      break;
    case 'redirect':
      socket.end(redirect);
      break;
    case 'unavailable':
      socket.write(unavailable);
      break;
    case 'status':
      socket.write(replyBytes('measure', { status: REFUSED_STATUS }));
      break;
    case 'blackhole':
      socket.pause();
      break;
    default:
      socket.resetAndDestroy();
  }
}

/** Writes a good answer, unless nobody is there to take it. */
function write(socket: Socket, incoming: Incoming, bytes: Buffer, { receipts }: Outcome): void {
  if (incoming.isOver || socket.destroyed) return;
  for (const receipt of receipts) receipt.answered = true;
  socket.write(bytes);
}

async function drip(socket: Socket, incoming: Incoming, bytes: Buffer, outcome: Outcome): Promise<void> {
  for (const byte of bytes.subarray(0, -1)) {
    if (incoming.isOver || socket.destroyed) return;
    socket.write(Buffer.from([byte]));
    await sleep(DRIP_MS);
  }
  write(socket, incoming, bytes.subarray(-1), outcome);
}
