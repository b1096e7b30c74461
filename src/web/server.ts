import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Log } from '../log.js';
import type { Endpoint } from '../wire/address.js';
import { OWN_HOST } from '../wire/proxy-target.js';
import { listenError } from '../wire/serving.js';
import type { PageAnswer, PageRequest } from './answer.js';
import { refusedMethod, textAnswer } from './answer.js';
import { HEALTH, healthPage } from './health.js';
import { METRICS, metricsPage } from './metrics.js';
import type { Status } from './status.js';

/** Where the page for setting phones up stands here. */
const SETUP = '/setup';

const LONGEST_HEAD_BYTES = 16_384;
const MOST_CONNECTIONS = 64;
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
): Promise<Web> {
  const server = createServer(
    {
      maxHeaderSize: LONGEST_HEAD_BYTES,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
    },
    (message, response) => void serveOne(message, response, pages, log),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await start(server, listen);
  server.on('error', (error) => log.warn(`the web server could not take a connection: ${error.message}`));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has no address');
  return { endpoint: { address: bound.address, port: bound.port }, close: () => stop(server) };
}

/** Answers a request; never rejects. */
async function serveOne(
  message: IncomingMessage,
  response: ServerResponse,
  pages: Pages,
  log: Log,
): Promise<void> {
  const { method = '', url = '', headers } = message;
  const request: PageRequest = { method, path: url, userAgent: headers['user-agent'] ?? '' };
  let answer: PageAnswer;
  try {
    answer = isOurs(message) ? await route(request, pages, wantsJson(message)) : misdirected(request);
  } catch (error) {
    log.error(`a page could not be made: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    answer = textAnswer(request, 500, 'scaletap could not make this page; its log says why');
  }
  // What a refused request has in its body is not read to its end.
  if (answer.status >= 400) response.shouldKeepAlive = false;
  response.writeHead(answer.status, answer.headers.flat());
  response.end(answer.body);
}

async function route(request: PageRequest, pages: Pages, asJson: boolean): Promise<PageAnswer> {
  const refused = refusedMethod(request);
  if (refused !== null) return refused;
  const path = request.path.split('?', 1)[0] ?? '';
  if (path === '/' || path === SETUP) {
    return textAnswer(request, 302, `the page is at ${SETUP}/`, [['Location', `${SETUP}/`]]);
  }
  if (path.startsWith(`${SETUP}/`))
    return pages.setup({ ...request, path: request.path.slice(SETUP.length) });
  if (path === HEALTH) return healthPage(request, await pages.status(), asJson);
  if (path === METRICS) return metricsPage(request, await pages.status());
  return textAnswer(request, 404, `there is no such page; the one for setting up a phone is at ${SETUP}/`);
}

/** Browsers and most probes take anything; who wants JSON says so. */
function wantsJson({ headers: { accept = '' } }: IncomingMessage): boolean {
  return /(?:^|[\s,])application\/json(?:$|[\s;,])/i.test(accept);
}

/**
 * Whether a request was meant for us by its Host header. A page of somebody else's can have its own name lead here
 * (DNS rebinding), and its scripts then ask us in the name of whoever looks at it. So only hosts count that nobody
 * outside of the house can make lead here: addresses, localhost, the name that the proxy itself answers, and `.local`
 * (RFC 6762).
 */
function isOurs({ headersDistinct: { host: hosts = [] } }: IncomingMessage): boolean {
  const [host = ''] = hosts;
  if (hosts.length !== 1 || !/^[a-z0-9.:[\]_-]+$/i.test(host) || !URL.canParse(`http://${host}/`))
    return false;
  const { hostname } = new URL(`http://${host}/`);
  const name = hostname.replace(/\.$/, '');
  // What ends in a number is an IPv4 address, or it could not be parsed (URL Standard 3.5).
  const isAddress = name.startsWith('[') || /\.[0-9]+$/.test(name);
  return isAddress || name === 'localhost' || name === OWN_HOST || name.endsWith('.local');
}

function misdirected(request: PageRequest): PageAnswer {
  const line = 'scaletap is not asked by this name; use its address, localhost or a name that ends in .local';
  return textAnswer(request, 421, line);
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
