import { modes } from './config/choices.js';
import type { Settings } from './config/schema.js';
import type { Control } from './control/control.js';
import { listenControl } from './control/control.js';
import { isListening } from './control/listening.js';
import type { Log } from './log.js';
import { UserError } from './model/errors.js';
import type { Exchange, RawMessage, RefusalReason } from './model/exchange.js';
import { Calls } from './offline/calls.js';
import { leaseMsFor } from './offline/catch-up.js';
import { CatchUpLoop } from './offline/catch-up-loop.js';
import type { House } from './offline/circumstances.js';
import { placeOf } from './offline/place.js';
import { isThere } from './offline/probe.js';
import { OfflineStandIn } from './offline/stand-in.js';
import { startPages } from './pages.js';
import { startPhones } from './phones.js';
import type { PullLoop } from './pull/loop.js';
import { answerBy } from './recorder/answer.js';
import type { RecorderSettings } from './recorder/messages.js';
import { Recorder } from './recorder/recorder.js';
import type { SinkSettings } from './sinks/index.js';
import { version } from './version.js';
import { statusOf } from './web/status.js';
import type { Endpoint } from './wire/address.js';
import { formatEndpoint } from './wire/address.js';
import { Relay } from './wire/relay.js';
import { ListenError } from './wire/serving.js';
import { SCALE_PORT } from './wire/upstreams.js';

/** Where a first start listens when port 80 cannot be had and nobody asked for it. */
const FALLBACK_PORT = 8081;
/** The same warning is shown once in so long, however often its cause comes. */
const REPEAT_AFTER_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A running scaletap. */
export interface App {
  readonly listeners: readonly Endpoint[];
  /** Where phones use it as their proxy. */
  readonly proxies: readonly Endpoint[];
  /** Where the page is. */
  readonly pages: readonly Endpoint[];
  /** Resolves to the database file when the store is open; rejects with a UserError when it cannot be used. */
  readonly opened: Promise<string>;
  /** What a new start may mend, in words: nothing listens, or the thread of the store hangs; null when all is well. */
  trouble(): Promise<string | null>;
  /** Ends the relay, then has everything committed. */
  close(): Promise<void>;
}

/**
 * The composition root: builds the parts from the settings and joins them. The relay listens before the store is
 * open, so that a scale is served at once. Rejects with a UserError when it cannot listen.
 */
export async function startApp(settings: Settings, log: Log): Promise<App> {
  const bound: Endpoint[] = [];
  const calls: Calls = new Calls(settings, bound, () => standIn.mayCall);
  const recorder: Recorder = new Recorder(recorderSettings(settings, calls), log, {
    onOwing: (owing) => {
      catchUp.owing = owing;
    },
    onSessions: (sessions) => standIn.recall(sessions),
  });
  const warn = seldom((message) => log.warn(message));
  const record = (exchange: Exchange): void => {
    recorder.record(exchange);
    if (isCut(exchange.request) || isCut(exchange.response)) warn('cut', cutMessage);
  };
  const catchUp = new CatchUpLoop(
    {
      place: recorder,
      values: (vendor, device) => recorder.ask({ ask: 'values', vendor, device }),
      upstreamOf: (vendor) => calls.upstreamOf(vendor),
      call: (upstream) => calls.open(upstream, 'catch-up', record),
      mayCall: () => standIn.mayCall,
      withinMs: settings.catchUpTime * 1000,
      answerTimeoutMs: calls.timeoutMs,
      everyMs: settings.catchUpEvery === 0 ? null : settings.catchUpEvery * 60_000,
    },
    log,
  );
  const house: House = {
    people: settings.people,
    place: placeOf(settings),
    requireAuth: settings.requireAuth,
  };
  const standIn: OfflineStandIn = new OfflineStandIn(
    {
      mode: settings.mode,
      firstByteTimeoutMs: settings.firstByteTimeout * 1000,
      answerTimeoutMs: settings.answerTimeout * 1000,
      failOn: new Set(settings.failOn),
      breakerFailures: settings.breakerFailures,
      probeIntervalMs: settings.probeInterval * 1000,
      allowFirmware: settings.allowFirmware,
    },
    {
      answer: (vendor, exchange) => answerBy(recorder, vendor, exchange, house),
      probe: (vendor, upstream) => isThere(calls.open(upstream, 'probe'), vendor, calls.timeoutMs),
      owes: (vendor, device) => catchUp.owes(vendor, device),
      get owesAny() {
        return catchUp.owesAny;
      },
      deliverOwed: (visit) => catchUp.deliver(visit),
    },
    log,
  );
  const relay = new Relay({
    upstreams: calls.upstreams,
    lookUp: calls.dial.lookUp,
    connectTimeoutMs: calls.dial.connectTimeoutMs,
    maxConnections: settings.maxConnections,
    maxHeadBytes: settings.maxHeadBytes,
    maxBodyBytes: settings.tapBodyBytes,
    headTimeoutMs: settings.headTimeout * 1000,
    idleTimeoutMs: settings.idleTimeout * 1000,
    standIn,
    onExchange: record,
    onRefused: (reason: RefusalReason, message, client) => warn(reason, `${client} was refused: ${message}`),
    onFull: () => warn('full', `a client was turned away: ${settings.maxConnections} connections are open`),
    onFault: (error) => log.error(`a fault in the tap, relaying goes on: ${stackOf(error)}`),
  });
  /** What was started, and ends when a later part cannot be. */
  const running: { close(): Promise<void> }[] = [relay];
  const end = () => Promise.all(running.map((each) => each.close()));
  const orEnd = <T>(starting: Promise<T>): Promise<T> =>
    starting.catch(async (error: unknown) => {
      await end();
      throw error;
    });
  const listeners = await orEnd(listen(relay, settings, log));
  bound.push(...listeners);
  const deaf = () => deafOf(listeners);
  let isOpen = false;
  const parts = { calls, record, mayCall: () => standIn.mayCall, listeners: bound, warn, log };
  const phones = await orEnd(startPhones(settings, parts));
  running.push(phones);
  const status = statusOf({
    version: version(),
    scales: listeners,
    phones: phones.listeners,
    mode: () => standIn.mode,
    breakers: () => standIn.breakers,
    deaf,
    isOpen: () => isOpen,
    store: () => recorder.ask({ ask: 'status' }),
  });
  const pages = await orEnd(
    startPages(settings, {
      setup: (request) => phones.setup(request),
      status,
      change: (change) => recorder.ask({ ask: 'change', change }),
      standIn,
      log,
    }),
  );
  running.push(pages);
  if (settings.pullEvery !== 0) {
    running.push(await orEnd(pullLoop(settings, calls, recorder, () => standIn.mayCall, log)));
  }
  let control: Control | null = null;
  const opened = recorder.start().then(async (file) => {
    isOpen = true;
    control = await controlOf(settings.dataDir, standIn, log);
    return file;
  });
  return {
    listeners,
    proxies: phones.listeners,
    pages: pages.listeners,
    opened,
    async trouble() {
      const unheard = await deaf();
      if (unheard !== null) return `nobody answers at ${formatEndpoint(unheard)}`;
      // A store that cannot be opened is waited for: scales are served meanwhile, and a new start does not help.
      if (!isOpen) return null;
      return (await recorder.ask({ ask: 'status' })) === undefined
        ? 'the thread of the store does not answer'
        : null;
    },
    async close() {
      control?.close();
      catchUp.close();
      standIn.close();
      await end();
      await recorder.close();
    },
  };
}

/** The first of these places where nobody takes connections; null when all do. */
async function deafOf(listeners: readonly Endpoint[]): Promise<Endpoint | null> {
  for (const listener of listeners) {
    if (!(await isListening(listener))) return listener;
  }
  return null;
}

function recorderSettings(settings: Settings, { timeoutMs }: Calls): RecorderSettings {
  const { dataDir, journalMaxAge, journalMaxSize, people, requireAuth, maxValueAge } = settings;
  const { timeZone, latitude, altitude, language } = settings;
  return {
    dataDir,
    retention: {
      maxAgeMs: journalMaxAge === 0 ? null : journalMaxAge * DAY_MS,
      maxBytes: journalMaxSize === 0 ? null : journalMaxSize * 1024 * 1024,
    },
    sinks: sinkSettings(settings),
    answers: {
      people,
      place: { timeZone, latitude, altitude, language },
      requireAuth,
      maxValueAgeMs: maxValueAge === 0 ? null : maxValueAge * DAY_MS,
    },
    learn: settings.learn === 'always',
    leaseMs: leaseMsFor(timeoutMs),
  };
}

function sinkSettings(settings: Settings): SinkSettings {
  const { influxUrl, influxVersion, influxToken, influxOrg } = settings;
  const { mqttUrl, mqttTopic, mqttDiscovery, mqttCa, missingDays } = settings;
  const influx = { version: influxVersion, token: influxToken, org: influxOrg };
  const mqtt = { topic: mqttTopic, discovery: mqttDiscovery, caFile: mqttCa, missingDays };
  return {
    ...(influxUrl !== null && { influx: { url: influxUrl, ...influx } }),
    ...(mqttUrl !== null && { mqtt: { url: mqttUrl, ...mqtt } }),
  };
}

/** Whether less of a body was kept than crossed. */
function isCut(message: RawMessage | null): boolean {
  return message !== null && message.body.length < message.bodyBytes;
}

const cutMessage =
  'a body was too large to be kept whole, so nothing in it can be read; --tap-body-bytes allows more. What an app was ' +
  'told, `scaletap pull` may fetch once more';

/** Pulls on a timer. What that takes is loaded only when it is asked for. */
async function pullLoop(
  { pullEvery, upstreamCa }: Settings,
  calls: Calls,
  recorder: Recorder,
  mayCall: () => boolean,
  log: Log,
): Promise<PullLoop> {
  const [{ PullLoop }, { reachOf }, { RecorderPlace }, { upstreamContext }] = await Promise.all([
    import('./pull/loop.js'),
    import('./pull/reach.js'),
    import('./recorder/pull-place.js'),
    import('./wire/upstream-context.js'),
  ]);
  const upstreamAt = (host: string, port: number) => calls.upstreamAt(host, port);
  const reach = reachOf(calls.dial, upstreamAt, await upstreamContext(upstreamCa));
  const place = new RecorderPlace(recorder);
  return new PullLoop({ place, reach, mayCall, everyMs: pullEvery * HOUR_MS }, log);
}

/** Lets `scaletap mode` reach this process; goes without when that cannot be. */
async function controlOf(dataDir: string, standIn: OfflineStandIn, log: Log): Promise<Control | null> {
  try {
    return await listenControl(dataDir, ({ mode }) => {
      const wanted = modes.find((each) => each === mode);
      if (wanted !== undefined) standIn.mode = wanted;
      return { mode: standIn.mode };
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log.warn(`the mode cannot be switched by command: ${error.message}`);
    return null;
  }
}

async function listen(relay: Relay, settings: Settings, log: Log): Promise<Endpoint[]> {
  if (settings.listen.length > 0) {
    const bound: Endpoint[] = [];
    for (const { host, port } of settings.listen) bound.push(await relay.listen(host, port));
    return bound;
  }
  try {
    return [await relay.listen(null, SCALE_PORT)];
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    log.warn(error.message);
    const endpoint = await relay.listen(null, FALLBACK_PORT);
    log.warn(
      `listening on port ${FALLBACK_PORT} instead. Scales call port ${SCALE_PORT}: until that is free, or ` +
        `redirected to ${FALLBACK_PORT}, none will come`,
    );
    return [endpoint];
  }
}

/** Shows a message at most once a minute for each key. */
function seldom(show: (message: string) => void): (key: string, message: string) => void {
  const shown = new Map<string, number>();
  return (key, message) => {
    const now = performance.now();
    if (now - (shown.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_AFTER_MS) return;
    shown.set(key, now);
    show(message);
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** `192.168.1.2:80`, or words when it is all addresses. */
export function describeListener(endpoint: Endpoint): string {
  const everywhere = endpoint.address === '::' || endpoint.address === '0.0.0.0';
  return everywhere ? `port ${endpoint.port} on all addresses` : formatEndpoint(endpoint);
}
