import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.js';
import { UserError } from '../model/errors.js';
import type { Asker } from './access.js';
import { noPasswordYet } from './access.js';
import type { PageAnswer, PageRequest } from './answer.js';
import { answer } from './answer.js';
import { apiStatus } from './api-status.js';
import { readJson } from './body.js';
import { EventStream } from './events.js';
import type { ApiParts, Outcome, Route, Whole } from './route.js';
import { problem } from './route.js';
import { routes } from './routes.js';
import { askerOf, foreignSite } from './sites.js';
import type { Status } from './status.js';
import { promptly } from './status.js';

export type { ApiParts } from './route.js';

/** The API below `/api`. Loaded at the first request for it, with the shapes of all that it takes and gives. */
export class Api {
  readonly #parts: ApiParts;
  readonly #status: () => Promise<Status>;
  readonly #hosts: readonly string[];
  readonly #log: Log;
  readonly #events: EventStream;
  readonly #unwatch: () => void;

  constructor(parts: ApiParts, status: () => Promise<Status>, hosts: readonly string[], log: Log) {
    this.#parts = parts;
    // A status may be some moments old, but whoever has switched the mode is to see it switched.
    const soon = promptly(status);
    this.#status = async () => ({ ...(await soon()), mode: parts.standIn.mode });
    this.#hosts = hosts;
    this.#log = log;
    this.#events = new EventStream(
      {
        status: async () => apiStatus(await this.#status()),
        follow: async (listener) => (await parts.views()).follow(listener),
      },
      log,
    );
    this.#unwatch = parts.access.onChange(() => void this.#events.check());
  }

  /** Answers a request; null when there is no more to say: the answer is a stream, or the client has left. */
  async answer(
    request: PageRequest,
    message: IncomingMessage,
    response: ServerResponse,
    host: URL,
  ): Promise<PageAnswer | null> {
    const asker = askerOf(message, host);
    const outcome = await this.#outcome(request, message, asker, host).catch((error: unknown) => {
      if (hasLeft(message)) return null;
      return this.#failed(error);
    });
    if (outcome === null) return null;
    if (outcome !== 'events') return finished(request, outcome);
    if (request.method === 'HEAD') return streamHead(request);
    if (this.#events.isFull) {
      const said = problem(503, 'too many listen already', [['Retry-After', '30']]);
      return finished(request, said);
    }
    // Who has left meanwhile would never be noticed.
    if (message.socket.destroyed) return null;
    const { status, headers } = streamHead(request);
    response.writeHead(status, headers.flat());
    this.#events.add(response, () => this.#mayStay(asker));
    return null;
  }

  close(): void {
    this.#unwatch();
    this.#events.close();
  }

  async #outcome(request: PageRequest, message: IncomingMessage, asker: Asker, host: URL): Promise<Outcome> {
    const foreign = foreignSite(message, host, this.#hosts);
    if (foreign !== null) return problem(403, foreign);
    const [path = '', search = ''] = request.path.split(/\?(.*)/s, 2);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const there = routes.flatMap((route) => matched(route, path));
    const found = there.find(({ route }) => route.method === method);
    if (found?.route.isOpen !== true) {
      const refused = await this.#refusal(asker);
      if (refused !== null) return refused;
    }
    if (found === undefined) return there.length === 0 ? nothingThere : notHere(there);
    const query = queryOf(search);
    if (typeof query === 'string') return problem(400, query);
    const call = {
      parts: this.#parts,
      asker,
      status: this.#status,
      statusChanged: () => this.#events.look(),
      id: found.id,
      body: undefined,
      query,
    };
    if (found.route.body === null) return found.route.handle(call);
    const sent = await readJson(message);
    if ('message' in sent) return problem(sent.status, sent.message);
    return found.route.handle({ ...call, body: sent.value });
  }

  /** Why somebody gets no data; null when it is theirs. */
  async #refusal(asker: Asker): Promise<Whole | null> {
    const { allowed, hasPassword } = await this.#parts.access.standing(asker);
    if (allowed) return null;
    return hasPassword ? problem(401, 'sign in first') : problem(noPasswordYet.status, noPasswordYet.message);
  }

  async #mayStay(asker: Asker): Promise<boolean> {
    try {
      return (await this.#refusal(asker)) === null;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** What is said of work that could not be done. */
  #failed(error: unknown): Whole {
    if (error instanceof UserError) {
      this.#log.error(error.message);
      return problem(503, 'scaletap cannot do this now; its log says why, and what to do');
    }
    const why = error instanceof Error ? (error.stack ?? error.message) : error;
    this.#log.error(`the web server could not answer: ${why}`);
    return problem(500, 'scaletap could not answer this; its log says why');
  }
}

/** Whether a client has gone in the middle of its request. */
function hasLeft(message: IncomingMessage): boolean {
  return message.destroyed && !message.complete;
}

interface Matched {
  readonly route: Route;
  readonly id: string;
}

/** A route whose path this is, with what stands for its `{..}`. */
function matched(route: Route, path: string): Matched[] {
  const [wanted, given] = [route.path.split('/'), path.split('/')];
  if (wanted.length !== given.length) return [];
  let id = '';
  for (const [i, part] of wanted.entries()) {
    const segment = given[i] ?? '';
    if (!part.startsWith('{')) {
      if (part !== segment) return [];
      continue;
    }
    try {
      id = decodeURIComponent(segment);
    } catch {
      // Not a path that anything stands at.
      return [];
    }
    if (id === '') return [];
  }
  return [{ route, id }];
}

const nothingThere = problem(404, 'there is nothing at this path; /api/openapi.json says what there is');

function notHere(there: readonly Matched[]): Outcome {
  const methods = there.map(({ route }) => route.method);
  const allowed = methods.includes('GET') ? ['HEAD', ...methods] : methods;
  return problem(405, `only ${allowed.join(', ')} is answered here`, [['Allow', allowed.join(', ')]]);
}

/** Each name with its text; words when one comes twice. */
function queryOf(search: string): Record<string, string> | string {
  const pairs = [...new URLSearchParams(search)];
  const query = Object.fromEntries(pairs);
  return Object.keys(query).length === pairs.length ? query : 'something in the query is given twice';
}

function finished(request: PageRequest, { status, body, headers = [] }: Whole): PageAnswer {
  if (body === undefined) return bodiless(answer(request, status, '', Buffer.alloc(0), { headers }));
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return answer(request, status, 'application/json', bytes, { headers });
}

/** An answer of status 204 says nothing of a body (RFC 9110, 8.6). */
function bodiless(whole: PageAnswer): PageAnswer {
  return { ...whole, headers: whole.headers.filter(([name]) => !/^Content-(?:Type|Length)$/.test(name)) };
}

function streamHead(request: PageRequest): PageAnswer {
  const whole = answer(request, 200, 'text/event-stream; charset=utf-8', Buffer.alloc(0), {
    // Some proxies keep an answer until it is whole.
    headers: [['X-Accel-Buffering', 'no']],
  });
  return { ...whole, headers: whole.headers.filter(([name]) => name !== 'Content-Length') };
}
