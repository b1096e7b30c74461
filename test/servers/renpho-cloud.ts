import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Api, SeenRequest } from './renpho-books.js';
import { RenphoBooks } from './renpho-books.js';
import { jsonOf, parsed, seal, unseal } from './renpho-envelope.js';
import type { ListHabits, NewAnswer } from './renpho-new-api.js';
import { answerNew } from './renpho-new-api.js';
import { answerOld, sessionGone } from './renpho-old-api.js';
import type { IssueOptions, TestAuthority } from './test-authority.js';
import { testAuthority } from './test-authority.js';
import { echoFrames, page } from './web-page.js';

/** A stand-in for both of Renpho's clouds, on TLS and on one port; the Host tells which one is meant. */

const NEW_HOST = 'cloud.renpho.com';
const OLD_HOST = 'renpho.qnclouds.com';

/** What can go wrong with a request. But for `cut`, nothing comes of it in the books of people and rows. */
export type TroubleKind =
  /** HTTP 429 with Retry-After. */
  | 'too-many-requests'
  /** HTTP 500. */
  | 'server-error'
  /** The session is no more, said by HTTP, or by the code in an answer with status 200. */
  | 'http-401'
  | 'http-403'
  | 'code-401'
  | 'code-403'
  | 'status-40302'
  /** Status 200, and no answer of the API. */
  | 'no-envelope'
  /** The connection ends in the middle of the answer. */
  | 'cut'
  /** It never answers. */
  | 'silent';

interface Trouble {
  readonly kind: TroubleKind;
  /** Only for requests to this path, which may be the end of it. */
  readonly at?: string;
  /** So many requests are answered well before. */
  readonly after?: number;
  /** To so many requests; without it to all from then on. */
  readonly times?: number;
  readonly retryAfterS?: number;
}

/** How it answers. It starts with the first of each, without trouble. */
interface Manner extends ListHabits {
  readonly coding: 'identity' | 'gzip' | 'deflate' | 'br';
  readonly isChunked: boolean;
  readonly trouble: Trouble | null;
}

export interface RenphoCloudOptions {
  /** More names that it is good for, and that {@link RenphoCloud.upstreamFlags} lead to it. */
  readonly names?: readonly string[];
  readonly certificate?: IssueOptions;
}

const wellMannered: Manner = {
  ...{ order: 'oldest-first', ignoresPage: false, shape: 'array' },
  ...{ coding: 'identity', isChunked: false, trouble: null },
};

const encoders = {
  identity: (body: Buffer) => body,
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
} as const;

/** An answer before content coding. `isJson` is false for what is no answer of either API. */
interface Answer {
  readonly status: number;
  readonly body: string;
  readonly isJson?: false;
  readonly headers?: Readonly<Record<string, string>>;
}

const pageHeaders = { 'Content-Type': 'text/html; charset=utf-8' };

class Cloud {
  readonly books = new RenphoBooks();
  /** The name that each connection asked for in its hello, in the order of the handshakes; null for none. */
  readonly serverNames: (string | null)[] = [];
  readonly #sockets = new Map<Socket, number>();
  #manner = wellMannered;
  /** Requests since the trouble was told of, that it is about. */
  #troubled = 0;
  #connections = 0;

  /** Changes how it answers from now on; what is not named stays. */
  manner(change: Partial<Manner>): void {
    this.#manner = { ...this.#manner, ...change };
    if (change.trouble !== undefined) this.#troubled = 0;
  }

  /** TLS connections that were had. */
  get connections(): number {
    return this.#connections;
  }

  accept(socket: TLSSocket): void {
    this.#sockets.set(socket, ++this.#connections);
    this.serverNames.push(socket.servername || null);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  hangUp(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await buffer(message);
    const url = new URL(message.url ?? '/', 'https://host');
    if (url.pathname === '/') {
      response.writeHead(200, pageHeaders).end(page);
      return;
    }
    const request = seen(message, url, raw, this.#sockets.get(message.socket) ?? 0);
    this.books.requests.push(request);
    const trouble = this.#troubleOf(request.path);
    if (trouble?.kind === 'silent') return;
    const { status, headers, body } = this.#answer(request, trouble);
    const { coding, isChunked } = this.#manner;
    const coded = encoders[coding](Buffer.from(body));
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/json;charset=UTF-8');
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    if (coding !== 'identity') response.setHeader('Content-Encoding', coding);
    if (!isChunked) response.setHeader('Content-Length', coded.length);
    const half = coded.length >> 1;
    response.write(coded.subarray(0, half));
    if (trouble?.kind === 'cut') setImmediate(() => message.socket.destroy());
    else response.end(coded.subarray(half));
  }

  /** The trouble that this request is to have, if any. */
  #troubleOf(path: string): Trouble | undefined {
    const { trouble } = this.#manner;
    if (trouble === null || !path.endsWith(trouble.at ?? '')) return undefined;
    const { after = 0, times = Number.POSITIVE_INFINITY } = trouble;
    const nth = this.#troubled++;
    return nth >= after && nth < after + times ? trouble : undefined;
  }

  #answer(request: SeenRequest, trouble: Trouble | undefined): Answer {
    const forced = trouble === undefined ? undefined : forcedAnswer(request.api, trouble);
    if (forced !== undefined) return forced;
    if (request.api === 'old') return { status: 200, body: jsonOf(answerOld(this.books, request)) };
    return sealed(answerNew(this.books, request, this.#manner));
  }
}

function sealed({ status, code, msg, data }: NewAnswer): Answer {
  return { status, body: jsonOf({ code, msg, data: data === null ? null : seal(jsonOf(data)) }) };
}

/** What comes instead of an answer; undefined for trouble that spoils a good one. */
function forcedAnswer(api: Api, { kind, retryAfterS }: Trouble): Answer | undefined {
  const refusal = (status: number, code: number, msg: string): Answer => {
    if (api === 'new') return sealed({ status, code, msg, data: null });
    return { status, body: jsonOf({ status_code: String(code), status_message: msg }) };
  };
  switch (kind) {
    case 'too-many-requests': {
      const headers = { 'Retry-After': String(retryAfterS ?? 1) };
      return { ...refusal(429, 429, 'too many requests'), headers };
    }
    case 'server-error':
      return refusal(500, 500, 'Internal Server Error');
    case 'http-401':
      return refusal(401, 401, 'unauthorized');
    case 'http-403':
      return refusal(403, 403, 'forbidden');
    case 'code-401':
      return refusal(200, 401, 'unauthorized');
    case 'code-403':
      return refusal(200, 403, 'forbidden');
    case 'status-40302':
      return { status: 200, body: jsonOf(sessionGone) };
    case 'no-envelope':
      return {
        status: 200,
        body: api === 'new' ? '{"code":101,"msg":"success","data":"no envelope"}' : page,
      };
    default:
      return undefined;
  }
}

/** A request with its envelope undone, for the books. */
function seen(message: IncomingMessage, url: URL, raw: Buffer, connection: number): SeenRequest {
  const { rawHeaders } = message;
  const headers = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : [],
  );
  const api: Api = /(^|\.)qnclouds\.com(:\d+)?$/i.test(message.headers.host ?? '') ? 'old' : 'new';
  const isForm = /urlencoded/.test(message.headers['content-type'] ?? '');
  const body = raw.length === 0 ? undefined : bodyOf(api, isForm, raw.toString());
  return {
    ...{ api, method: message.method ?? '', path: url.pathname, query: url.searchParams, headers },
    ...{ body, raw, connection, at: Date.now() },
  };
}

/** What is said in a body; undefined when that is nothing that the cloud understands. */
function bodyOf(api: Api, isForm: boolean, text: string): unknown {
  if (isForm) return Object.fromEntries(new URLSearchParams(text));
  try {
    const value = parsed(text);
    if (api === 'old') return value;
    const plain = unseal(String(Object(value).encryptData));
    return plain === '' ? undefined : parsed(plain);
  } catch {
    // What no client should send: the endpoint sees that there is nothing.
    return undefined;
  }
}

export interface RenphoCloud {
  readonly port: number;
  /** The certificate of the authority that issued its own, PEM. */
  readonly caFile: string;
  readonly authority: TestAuthority;
  readonly books: RenphoBooks;
  readonly serverNames: readonly (string | null)[];
  readonly connections: number;
  /** Options of scaletap that lead its hosts here, and make its certificate good. */
  readonly upstreamFlags: readonly string[];
  manner(change: Partial<Manner>): void;
  /** Is not to be had any more: its port refuses. */
  leave(): void;
  /** Leaves, and removes its files. */
  close(): Promise<void>;
}

/** Starts it on a port of loopback that is free. */
export async function renphoCloud(options: RenphoCloudOptions = {}): Promise<RenphoCloud> {
  const names = [NEW_HOST, OLD_HOST, ...(options.names ?? [])];
  const authority = await testAuthority();
  const cloud = new Cloud();
  const certificate = await authority.issue(names, options.certificate);
  const server = createServer({ ...certificate, keepAliveTimeout: 60_000, requestTimeout: 0 });
  server.on('secureConnection', (socket: TLSSocket) => cloud.accept(socket));
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    cloud.serve(message, response).catch(() => response.destroy());
  });
  server.on('upgrade', (message: IncomingMessage, socket: Socket) => echoFrames(message, socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const leave = (): void => {
    server.close();
    cloud.hangUp();
  };
  const upstreams = names.flatMap((name) => ['--upstream', `${name}=127.0.0.1:${port}`]);
  return {
    ...{ port, caFile: authority.caFile, authority, books: cloud.books, serverNames: cloud.serverNames },
    get connections() {
      return cloud.connections;
    },
    upstreamFlags: [...upstreams, '--upstream-ca', authority.caFile],
    manner: (change) => cloud.manner(change),
    leave,
    async close() {
      leave();
      await authority.close();
    },
  };
}
