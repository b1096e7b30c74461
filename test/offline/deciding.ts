import { onTestFinished } from 'vitest';
import type { Exchange, ExchangeReason, RawMessage } from '../../src/model/exchange.js';
import { circumstancesAt } from '../../src/offline/circumstances.js';
import { placeOf } from '../../src/offline/place.js';
import type { OfflineSettings, OwingVisit } from '../../src/offline/stand-in.js';
import { OfflineStandIn } from '../../src/offline/stand-in.js';
import { readHead } from '../../src/wire/head.js';
import type { Asked, Failed, Failure } from '../../src/wire/stand-in.js';
import type { Upstream } from '../../src/wire/upstreams.js';
import { exchange } from '../transfer/exchanges.js';
import { exchangesOf, Memory, message } from '../vendors/withings/exchanges.js';

/** A deciding room with the real vendor, and the relay beside it played by hand. */

export const scale = '00:24:e4:00:00:01';
export const scalews: Upstream = { host: 'scalews.withings.net', address: null, port: 80 };
export const s5: Upstream = { host: 's5.withings.net', address: null, port: 80 };

/** The visit of a WS-30 as it was captured. */
const [challenge, open, , close] = exchangesOf('ws30-update.http');
const [measure] = exchangesOf('wbs01-weigh-in.http').filter(({ request }) =>
  Buffer.from(request.head).includes('/cgi-bin/measure'),
);
if (!challenge || !open || !close || !measure) throw new Error('a capture is not as it was');
export const captured = { challenge, open, measure, close };

/** A whole answer with such a body. */
export function reply(json: string, status = '200 OK', headers = ''): RawMessage {
  return message(`HTTP/1.1 ${status}\r\n${headers}Content-Length: ${json.length}\r\n\r\n`, json);
}

export const portal = reply('<html>Please sign in</html>', '200 OK', 'Content-Type: text/html\r\n');
export const unavailable = reply('', '503 Service Unavailable');

/** A request with another session id. */
export function inSession(id: string, { request }: Exchange): RawMessage {
  const body = Buffer.from(request.body)
    .toString('latin1')
    .replace(/sessionid=[^&]*/, `sessionid=${id}`);
  const head = Buffer.from(request.head).toString('latin1');
  return message(head, body);
}

const reasons: Record<Failure, ExchangeReason> = {
  lookup: 'lookup-failed',
  connect: 'connect-timeout',
  lost: 'upstream-left',
  timeout: 'upstream-timeout',
  'server-error': 'server-error',
  'not-protocol': 'not-protocol',
  status: 'bad-status',
};

export function failed(failure: Failure): Failed {
  return { failure, reason: reasons[failure], message: `scalews.withings.net failed (${failure})` };
}

export interface Where {
  readonly connection?: string;
  readonly client?: string;
  readonly upstream?: Upstream;
}

/** What became of a request. */
export interface Told {
  /**
   * `relayed` without a look at the answer, `passed` after one, `changed` by the guard, `ours`, or `refused`, the last
   * three with their reason: `ours (upstream-down)`.
   */
  readonly how: string;
  /** What the client gets of a stand-in or of upstream; null when it is refused. */
  readonly response: RawMessage | null;
}

export const everyFailure = new Set<Failure>(Object.keys(reasons) as Failure[]);
everyFailure.delete('status');

export class Deciding {
  readonly standIn: OfflineStandIn;
  readonly logged: string[] = [];
  /** Devices that the cloud is owed measures of. */
  readonly owing = new Set<string>();
  /** What was sent to the cloud. */
  readonly visits: OwingVisit[] = [];
  delivering: () => Promise<void> = () => Promise.resolve();
  /** Hosts that were probed. */
  readonly probes: string[] = [];
  isThere = true;
  /** Replaces the vendor's own answer. */
  answering: ((exchange: Exchange) => Promise<RawMessage | null>) | null = null;
  readonly memory = new Memory();

  constructor(settings: Partial<OfflineSettings> = {}) {
    const log = (level: string) => (line: string) => void this.logged.push(`${level} ${line}`);
    const { owing } = this;
    const house = {
      people: [],
      place: placeOf({ timeZone: 'Europe/Paris', latitude: null, altitude: 0, language: null }),
      requireAuth: false,
    };
    this.standIn = new OfflineStandIn(
      {
        mode: 'auto',
        firstByteTimeoutMs: 5_000,
        answerTimeoutMs: 10_000,
        failOn: everyFailure,
        breakerFailures: 1,
        probeIntervalMs: 30_000,
        allowFirmware: false,
        ...settings,
      },
      {
        answer: async (vendor, given) => {
          if (this.answering) return this.answering(given);
          const { memory } = this;
          const circumstances = circumstancesAt(Date.now(), house, {
            known: memory,
            value: () => undefined,
            newest: () => undefined,
            canKeep: true,
          });
          const response = vendor.answer(given, circumstances)?.response ?? null;
          if (response) memory.play([{ ...given, response }]);
          return response;
        },
        probe: async (_, { host }) => {
          this.probes.push(host);
          return this.isThere;
        },
        owes: (vendor, device) => owing.has(`${vendor} ${device}`),
        get owesAny() {
          return owing.size > 0;
        },
        deliverOwed: (visit) => {
          this.visits.push(visit);
          return this.delivering();
        },
      },
      { error: log('error'), warn: log('warn'), info: log('info'), debug: log('debug') },
    );
    onTestFinished(() => this.standIn.close());
  }

  /** Asks as the relay does. `upstream` is the answer that there would be, or how there is none. */
  async ask(request: RawMessage, upstream: RawMessage | Failed, where: Where = {}): Promise<Told> {
    const asked = askedOf(request, where);
    const { standIn } = this;
    let plan = standIn.plan(asked);
    if (plan === 'undecided') plan = await standIn.planWhole(asked, request);
    if (typeof plan === 'object' && 'message' in plan)
      return { how: `refused (${plan.reason})`, response: null };
    if (typeof plan === 'object') return this.#ours(asked, request, plan.answer);
    if ('failure' in upstream) {
      const stands = plan === 'try' && standIn.standsInFor(asked, upstream);
      return stands
        ? this.#ours(asked, request, upstream.reason)
        : { how: `refused (${upstream.reason})`, response: null };
    }
    if (plan === 'relay') return { how: 'relayed', response: upstream };
    const review = standIn.review(asked, plan, request, upstream);
    if (plan === 'try' && review.failed && standIn.standsInFor(asked, review.failed)) {
      return this.#ours(asked, request, review.failed.reason);
    }
    const { verdict } = review;
    if (verdict.kind === 'refused') return { how: `refused (${verdict.refusal.reason})`, response: null };
    return verdict.kind === 'changed'
      ? { how: `changed (${verdict.reason})`, response: verdict.response }
      : { how: 'passed', response: upstream };
  }

  /** Plays a captured exchange again: the vendor answers as it did. */
  async live({ request, response }: Exchange, where: Where = {}): Promise<string> {
    if (response === null) throw new Error('it has no answer');
    return (await this.ask(request, response, where)).how;
  }

  /** Plays a request again, and upstream fails. */
  async failing({ request }: Pick<Exchange, 'request'>, where: Where = {}): Promise<string> {
    return (await this.ask(request, failed('timeout'), where)).how;
  }

  async #ours(asked: Asked, request: RawMessage, reason: ExchangeReason): Promise<Told> {
    const { connection, client } = asked;
    const given = exchange({ request, connection, client, upstream: '', answered: 'replayed', reason });
    const response = await this.standIn.answer(asked, { ...given, response: null });
    return { how: response === null ? 'refused (offline)' : `ours (${reason})`, response };
  }
}

export function askedOf(
  { head }: RawMessage,
  { connection = 'c1', client = '192.0.2.9:4711', upstream = scalews }: Where = {},
): Asked {
  const bytes = Buffer.from(head);
  const facts = readHead(bytes, 0, bytes.length, 'request');
  if (typeof facts === 'string') throw new Error(`no head: ${facts}`);
  return { connection, client, upstream, head: bytes, facts };
}

/** The session id that a reply opens. */
export function sessionOf(response: RawMessage | null): string {
  const [, id] = /"sessionid":"([^"]+)"/.exec(Buffer.from(response?.body ?? []).toString('latin1')) ?? [];
  if (id === undefined) throw new Error('it opens no session');
  return id;
}
