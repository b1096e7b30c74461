import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Log } from '../log.js';
import type { Endpoint } from '../wire/address.js';
import { listenError } from '../wire/serving.js';
import type { PageAnswer, PageRequest } from './answer.js';
import { answer, refusedMethod, textAnswer } from './answer.js';
import type { Api } from './api.js';
import { smaller } from './encoding.js';
import { HEALTH, healthPage } from './health.js';
import { METRICS, metricsPage } from './metrics.js';
import { ASSETS, PageAssets } from './page-assets.js';
import type { ApiParts } from './route.js';
import { hostOf, isOurs } from './sites.js';
import type { Status } from './status.js';

/** Where the page for setting phones up stands here. */
const SETUP = '/setup';
const API = '/api';

const LONGEST_HEAD_BYTES = 16_384;
/** A thousand who listen to events, and some for all else. */
const MOST_CONNECTIONS = 1_100;
/** Requests of one connection that are not answered yet. Browsers have one. */
const MOST_UNANSWERED = 8;
const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 5_000;
/** How long answers under way are waited for at the end. */
const GRACE_MS = 500;

/** What the pages are made by. */
interface Pages {
  /** Answers below `/setup/`, with the paths that are left of it. */
  setup(request: PageRequest): PageAnswer;
  /** How scaletap does. To come soon, whatever hangs. */
  status(): Promise<Status>;
  /** Null for a scaletap that has no page of its own: then `/` leads to that for setting phones up. */
  readonly api: ApiParts | null;
}

interface WebOptions {
  /** Names, besides addresses and such, by which the page is asked: those of a reverse proxy. */
  readonly hosts?: readonly string[];
  /** Where the files of the page are. */
  readonly pageDir?: string;
}

/** The web server while it runs. */
export interface Web {
  readonly endpoint: Endpoint;
  /** Stops listening, and ends every connection within half a second. */
  close(): Promise<void>;
}

/**
 * Serves the pages at one place: an address or name, null for all of this machine; port 0 for one that is free. Rejects
 * with a UserError that says what to do when the place cannot be had.
 */
export async function startWeb(
  listen: { readonly host: string | null; readonly port: number },
  pages: Pages,
  log: Log,
  options: WebOptions = {},
): Promise<Web> {
  const site = new Site(pages, log, options);
  const server = createServer(
    {
      maxHeaderSize: LONGEST_HEAD_BYTES,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
    },
    (message, response) => void site.serve(message, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await start(server, listen);
  server.on('error', (error) => log.warn(`the web server could not take a connection: ${error.message}`));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has no address');
  return {
    endpoint: { address: bound.address, port: bound.port },
    async close() {
      await site.close();
      await stop(server);
    },
  };
}

/** Leads each request to what answers it. */
class Site {
  readonly #pages: Pages;
  readonly #log: Log;
  readonly #hosts: readonly string[];
  readonly #assets: PageAssets;
  readonly #unanswered = new WeakMap<IncomingMessage['socket'], number>();
  #api: Promise<Api> | null = null;
  #warming = false;

  constructor(pages: Pages, log: Log, { hosts = [], pageDir }: WebOptions) {
    this.#pages = pages;
    this.#log = log;
    this.#hosts = hosts;
    this.#assets = new PageAssets(pageDir ?? fileURLToPath(new URL('../page', import.meta.url)));
  }

  /** Answers a request; never rejects. */
  async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#asksTooMuch(message, response)) {
      message.socket.destroy();
      return;
    }
    const { method = '', url = '', headers } = message;
    const request: PageRequest = { method, path: url, userAgent: headers['user-agent'] ?? '' };
    let made: PageAnswer | null;
    try {
      made = await this.#route(request, message, response);
      if (made !== null) made = await smaller(made, String(headers['accept-encoding'] ?? ''));
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : error;
      this.#log.error(`a page could not be made: ${why}`);
      made = textAnswer(request, 500, 'scaletap could not make this page; its log says why');
    }
    if (made === null) return;
    // What a refused request has in its body is not read to its end.
    if (made.status >= 400) response.shouldKeepAlive = false;
    response.writeHead(made.status, made.headers.flat());
    response.end(made.body);
  }

  async close(): Promise<void> {
    (await this.#api)?.close();
  }

  /**
   * Whether a connection has sent so many requests without waiting for answers (pipelining) that it may want to do harm:
   * in one packet there is room for a thousand, which would all be worked on at once, on the relay's thread.
   */
  #asksTooMuch({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const count = (this.#unanswered.get(socket) ?? 0) + 1;
    if (count > MOST_UNANSWERED) return true;
    this.#unanswered.set(socket, count);
    response.once('close', () => this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 1) - 1));
    return false;
  }

  async #route(
    request: PageRequest,
    message: IncomingMessage,
    response: ServerResponse,
  ): Promise<PageAnswer | null> {
    const host = hostOf(message);
    const path = request.path.split('?', 1)[0] ?? '';
    const { api } = this.#pages;
    const isApi = path === API || path.startsWith(`${API}/`);
    if (host === null || !isOurs(host, this.#hosts)) return misdirected(request, isApi);
    if (api !== null && isApi) {
      return (await this.#apiOf(api)).answer(request, message, response, host);
    }
    const refused = refusedMethod(request);
    if (refused !== null) return refused;
    if (api !== null && (path === '/' || path.startsWith(ASSETS))) {
      const { 'accept-encoding': accepted = '', 'if-none-match': known = '' } = message.headers;
      if (path === '/' && isBrowsing(message)) this.#warm(api);
      return this.#assets.answer(request, String(accepted), known);
    }
    if (path === '/' || path === SETUP) {
      return textAnswer(request, 302, `the page is at ${SETUP}/`, [['Location', `${SETUP}/`]]);
    }
    if (path.startsWith(`${SETUP}/`))
      return this.#pages.setup({ ...request, path: request.path.slice(SETUP.length) });
    if (path === HEALTH) return healthPage(request, await this.#pages.status(), wantsJson(message));
    if (path === METRICS) return metricsPage(request, await this.#pages.status());
    return textAnswer(request, 404, 'there is no such page; the first one is at /');
  }

  /** Whoever opens the page asks next for what takes a moment when nobody has asked for long: people and their numbers. */
  #warm(parts: ApiParts): void {
    if (this.#warming) return;
    this.#warming = true;
    const people = parts.views().then((views) => views.get({ view: 'people' }));
    Promise.all([this.#apiOf(parts), people])
      .catch((error: unknown) => this.#log.error(`what the page asks for could not be loaded: ${error}`))
      .finally(() => {
        this.#warming = false;
      });
  }

  /** The API takes a moment to load, which a start of the relay must not wait for. */
  #apiOf(parts: ApiParts): Promise<Api> {
    this.#api ??= import('./api.js').then(
      ({ Api }) => new Api(parts, () => this.#pages.status(), this.#hosts, this.#log),
    );
    return this.#api;
  }
}

/** Whether somebody looks: probes that only want to know whether there is a page do not say so. */
function isBrowsing({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers['sec-fetch-dest'] === 'document';
}

/** Browsers and most probes take anything; who wants JSON says so. */
function wantsJson({ headers: { accept = '' } }: IncomingMessage): boolean {
  return /(?:^|[\s,])application\/json(?:$|[\s;,])/i.test(accept);
}

function misdirected(request: PageRequest, asJson: boolean): PageAnswer {
  const message =
    'scaletap is not asked by this name; use its address, localhost, a name that ends in .local, or one of --web-host';
  if (!asJson) return textAnswer(request, 421, message);
  return answer(request, 421, 'application/json', Buffer.from(JSON.stringify({ message })));
}

function start(server: Server, { host, port }: { host: string | null; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, '--web-listen'));
    server.once('error', failed);
    server.listen({ ...(host === null ? {} : { host }), port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearTimeout(timer);
}
