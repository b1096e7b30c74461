import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Incoming } from '../servers/incoming.js';
import type { Capture } from '../wire/captures.js';

/** Stand-ins for the vendor's cloud and for scales, on raw sockets. */

const PATIENCE_MS = 15_000;

/** A TCP server on loopback for the time of a test; gives its port. */
async function listen(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // A relay that is killed resets its connections.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    talk(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Plays one side of a capture. Rejects when the other side differs by a byte. */
async function play({ name, steps }: Capture, side: 'client' | 'upstream', socket: Socket): Promise<void> {
  const incoming = new Incoming(socket, PATIENCE_MS);
  for (const { by, bytes } of steps) {
    if (by === side) socket.write(bytes);
    else if (!(await incoming.take(bytes.length)).equals(bytes)) throw new Error(`${name}: other bytes came`);
  }
}

/** A cloud that plays its side of captures, one a connection, in this order; gives its port and what went wrong. */
export async function playCloud(captures: readonly Capture[]): Promise<{ port: number; faults: unknown[] }> {
  const left = [...captures];
  const faults: unknown[] = [];
  const port = await listen((socket) => {
    const capture = left.shift();
    if (capture === undefined) socket.destroy();
    else play(capture, 'upstream', socket).catch((fault: unknown) => faults.push(fault));
  });
  return { port, faults };
}

/** Plays the scale's side of a capture against a relay. Rejects when what comes back differs by a byte. */
export async function playScale(capture: Capture, port: number): Promise<void> {
  const socket = await dial(port);
  await play(capture, 'client', socket);
  socket.end();
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  // What goes wrong is seen where the bytes are waited for.
  socket.on('error', () => socket.destroy());
  return socket;
}

/** A cloud that says that all is well, whatever is posted. */
export function kindCloud(): Promise<number> {
  return listen(async (socket) => {
    const incoming = new Incoming(socket, PATIENCE_MS);
    try {
      for (;;) {
        const isOnce = (await incoming.message()).head.includes('/cgi-bin/once ');
        const json = isOnce ? '{"status":0,"body":{"once":"21112cb3-1b433eef"}}' : '{"status":0}';
        const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${json.length}\r\n\r\n`;
        socket.write(head + json);
      }
    } catch {
      // The relay has hung up.
      socket.destroy();
    }
  });
}

/** A post of a form as scales make it. */
function postOf(path: string, form: string): string {
  const head = 'Host: scalews.withings.net\r\nContent-Type: application/x-www-form-urlencoded';
  return `POST /cgi-bin/${path} HTTP/1.1\r\n${head}\r\nContent-Length: ${form.length}\r\n\r\n${form}`;
}

/** The post of a weigh-in of 66.85 kg, this many minutes after 13 May 2014. */
export function weighIn(minute: number): string {
  const measures = encodeURIComponent('{"measures":[{"value":66850,"type":1,"unit":-3}]}');
  const who = 'action=store&sessionid=1-2-3&macaddress=00:24:e4:00:00:01&userid=1&devtype=1&attribstatus=0';
  return postOf('measure', `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`);
}

/** Posts one after the other on one connection, each when the one before is answered. */
export async function postAll(port: number, posts: readonly string[]): Promise<void> {
  const socket = await dial(port);
  const incoming = new Incoming(socket, PATIENCE_MS);
  for (const post of posts) {
    socket.write(post);
    await incoming.message();
  }
  socket.end();
}

/** Scales that post all the time over keep-alive connections, each post different from all others. */
export class Load {
  /** The posts that were answered in full. */
  readonly answered: string[] = [];
  readonly #name: string;
  readonly #pauseMs: number;
  #stopped = false;
  readonly #scales: Promise<void>[];

  /** `name` is in every post; a scale waits `pauseMs` after each answer. */
  constructor(port: number, connections: number, name: string, pauseMs = 0) {
    this.#name = name;
    this.#pauseMs = pauseMs;
    this.#scales = Array.from({ length: connections }, (_, scale) => this.#scale(port, scale));
  }

  /** Resolves when every scale has stopped or lost its relay. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#scales);
  }

  async #scale(port: number, scale: number): Promise<void> {
    try {
      const socket = await dial(port);
      const incoming = new Incoming(socket, PATIENCE_MS);
      for (let i = 0; !this.#stopped; i++) {
        const post = postOf('once', `action=get&from=${this.#name}-${scale}-${i}`);
        socket.write(post);
        await incoming.message();
        this.answered.push(post);
        if (this.#pauseMs > 0) await sleep(this.#pauseMs);
      }
      socket.end();
    } catch {
      // The relay has gone, which is what these tests are about.
    }
  }
}
