import type { RawMessage } from '../model/exchange.js';
import type { Outcome, OwedItem, OwedPlace } from '../model/owed.js';
import type { Known, OfflineVendor } from '../vendors/vendor.js';
import type { UpstreamCall } from '../wire/call.js';
import { CallError } from '../wire/call.js';
import { atMost } from './at-most.js';

/** Owed measures are sent one after the other: each is answered, or its time is up, before the next one goes. */
interface Errand {
  readonly vendor: OfflineVendor;
  readonly device: string;
  readonly place: OwedPlace;
  /** To the vendor's server. It stays open. */
  readonly call: UpstreamCall;
  /** For one exchange with it, a connection included. */
  readonly answerTimeoutMs: number;
}

/** In a session that is open. */
export interface SessionErrand extends Errand {
  readonly session: string;
  /** After so long no further measure is begun. */
  readonly withinMs: number;
}

/** In a session of our own. */
export interface VisitErrand extends Errand {
  /** The values of the device. */
  readonly known: Pick<Known, 'value'>;
}

export interface DeliveryResult {
  readonly delivered: number;
  readonly refused: number;
  /**
   * `done`: none is left, or somebody else has them. `busy`: this process is sending those of the device already.
   * `unknown`: too little is known of the device for a session of our own.
   */
  readonly end: 'done' | 'deadline' | 'trouble' | 'busy' | 'unknown';
  /** What the trouble was, in words. */
  readonly problem: string | null;
}

/** Sending in a session that somebody waits to end. */
export interface Delivery {
  /** Resolves when it is over, and no later than the deadline: the session may end. Does not reject. */
  readonly due: Promise<void>;
  /**
   * Resolves when nothing is under way any more. A measure that was sent before the deadline is waited for: given
   * up, its fate would not be known and it would be sent again. Does not reject.
   */
  readonly over: Promise<DeliveryResult>;
}

const LEASE_RESERVE_MS = 5_000;

/** How long a measure must be leased for: nobody else may send it before we have given up on its answer. */
export function leaseMsFor(answerTimeoutMs: number): number {
  return answerTimeoutMs + LEASE_RESERVE_MS;
}

/** The devices whose measures are being sent, by place. */
const busy = new WeakMap<OwedPlace, Set<string>>();

/** Sends what is owed for a device in a session that upstream has opened: its own, before it ends. */
export function deliverOwed(errand: SessionErrand): Delivery {
  const deadline = performance.now() + errand.withinMs;
  const over = alone(errand, () => send(errand, errand.session, deadline));
  return { due: atMost(errand.withinMs, over), over };
}

/** Sends what is owed for a device in a session of our own: challenge, open, the measures, close. Does not reject. */
export function visitAndDeliver(errand: VisitErrand): Promise<DeliveryResult> {
  return alone(errand, async () => {
    const { vendor, device, known, call, answerTimeoutMs } = errand;
    const visit = vendor.visit(device, known);
    if (visit === undefined) return { ...nothing, end: 'unknown' };
    const challenged = await ask(errand, visit.challenge);
    if (typeof challenged === 'string') return trouble(challenged);
    const opening = visit.open(challenged.response);
    if (opening === undefined) return trouble(`${call.upstream.host} gave no challenge`);
    const opened = await ask(errand, opening);
    if (typeof opened === 'string') return trouble(`no session as ${device}: ${opened}`);
    if (opened.session === null) return trouble(`${call.upstream.host} opened no session`);
    const result = await send(errand, opened.session, Number.POSITIVE_INFINITY);
    // A session that is left open ends by itself; the measures are what counts.
    await call.exchange(visit.close(opened.session), answerTimeoutMs).catch(ignoreCallError);
    return result;
  });
}

/** Runs one errand at a time for a device. What goes wrong in the place is trouble too. */
async function alone(
  { vendor, device, place }: Errand,
  work: () => Promise<DeliveryResult>,
): Promise<DeliveryResult> {
  const devices = busy.get(place) ?? new Set();
  busy.set(place, devices);
  const key = `${vendor.name} ${device}`;
  if (devices.has(key)) return { ...nothing, end: 'busy' };
  devices.add(key);
  try {
    return await work();
  } catch (error) {
    return trouble(error instanceof Error ? error.message : String(error));
  } finally {
    devices.delete(key);
  }
}

/** `deadline` is of the monotonic clock, in milliseconds. */
async function send(errand: Errand, session: string, deadline: number): Promise<DeliveryResult> {
  const { vendor, device, place } = errand;
  let [delivered, refused] = [0, 0];
  for (;;) {
    if (performance.now() >= deadline) return { delivered, refused, end: 'deadline', problem: null };
    const item = await place.next(vendor.name, device);
    if (item === undefined) return { delivered, refused, end: 'done', problem: null };
    const outcome = await sendOne(errand, session, item);
    await place.settle(item.id, outcome);
    if (outcome.state === 'delivered') delivered++;
    else if (outcome.state === 'refused') refused++;
    else return { delivered, refused, end: 'trouble', problem: outcome.problem };
  }
}

async function sendOne(errand: Errand, session: string, { request }: OwedItem): Promise<Outcome> {
  const { vendor, call, answerTimeoutMs } = errand;
  const addressed = vendor.readdress(request, session);
  if (addressed === undefined) {
    return { state: 'refused', status: null, problem: 'it cannot be put into another session' };
  }
  let response: RawMessage;
  try {
    response = await call.exchange(addressed, answerTimeoutMs);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const unsure = error.sent ? '; whether the cloud has got it is not known' : '';
    return { state: 'pending', status: null, problem: `${error.message}${unsure}` };
  }
  const judgement = vendor.judge(addressed, response);
  const { host } = call.upstream;
  if (!judgement.good) {
    return {
      state: 'pending',
      status: null,
      problem: `${host} does not answer as it should: ${judgement.detail}`,
    };
  }
  const { status, final } = judgement;
  if (status === 0) return { state: 'delivered', status };
  return final
    ? { state: 'refused', status, problem: `${host} refused it with status ${status}` }
    : { state: 'pending', status, problem: `${host} answered with status ${status}` };
}

/** One exchange of a visit: a good answer with status 0, or what is wrong. */
async function ask(
  { vendor, call, answerTimeoutMs }: Errand,
  request: RawMessage,
): Promise<{ readonly response: RawMessage; readonly session: string | null } | string> {
  let response: RawMessage;
  try {
    response = await call.exchange(request, answerTimeoutMs);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return error.message;
  }
  const { host } = call.upstream;
  const judgement = vendor.judge(request, response);
  if (!judgement.good) return `${host} does not answer as it should: ${judgement.detail}`;
  const { status, session } = judgement;
  return status === 0 ? { response, session } : `${host} answered with status ${status}`;
}

function ignoreCallError(error: unknown): void {
  if (!(error instanceof CallError)) throw error;
}

const nothing = { delivered: 0, refused: 0, end: 'done', problem: null } as const satisfies DeliveryResult;

function trouble(problem: string): DeliveryResult {
  return { ...nothing, end: 'trouble', problem };
}
