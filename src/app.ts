import type { Settings } from './config/schema.js';
import type { Log } from './log.js';
import type { RefusalReason } from './model/exchange.js';
import { Recorder } from './recorder/recorder.js';
import { vendors } from './vendors/index.js';
import type { Endpoint } from './wire/address.js';
import { formatEndpoint } from './wire/address.js';
import { UpstreamNames } from './wire/names.js';
import { ListenError, Relay } from './wire/relay.js';
import type { Upstream } from './wire/upstreams.js';

const SCALE_PORT = 80;
/** Where a first start listens when port 80 cannot be had and nobody asked for it. */
const FALLBACK_PORT = 8081;
/** The same warning is shown once in so long, however often its cause comes. */
const REPEAT_AFTER_MS = 60_000;

/** A running scaletap. */
export interface App {
  readonly listeners: readonly Endpoint[];
  /** Resolves to the database file when the store is open; rejects with a UserError when it cannot be used. */
  readonly opened: Promise<string>;
  /** Ends the relay, then has everything committed. */
  close(): Promise<void>;
}

/**
 * The composition root: builds the parts from the settings and joins them. The relay listens before the store is
 * open, so that a scale is served at once. Rejects with a UserError when it cannot listen.
 */
export async function startApp(settings: Settings, log: Log): Promise<App> {
  const recorder = new Recorder(
    {
      dataDir: settings.dataDir,
      retention: {
        maxAgeMs: settings.journalMaxAge === 0 ? null : settings.journalMaxAge * 24 * 3_600_000,
        maxBytes: settings.journalMaxSize === 0 ? null : settings.journalMaxSize * 1024 * 1024,
      },
      sinks: settings.influxUrl === null ? {} : { influxUrl: settings.influxUrl },
    },
    log,
  );
  const names = new UpstreamNames(settings.upstreamDns);
  const warn = seldom((message) => log.warn(message));
  const relay = new Relay({
    upstreams: upstreamsOf(settings),
    lookUp: (host) => names.lookUp(host),
    maxConnections: settings.maxConnections,
    maxHeadBytes: settings.maxHeadBytes,
    maxBodyBytes: settings.tapBodyBytes,
    headTimeoutMs: settings.headTimeout * 1000,
    connectTimeoutMs: settings.connectTimeout * 1000,
    idleTimeoutMs: settings.idleTimeout * 1000,
    onExchange: (exchange) => recorder.record(exchange),
    onRefused: (reason: RefusalReason, message, client) => warn(reason, `${client} was refused: ${message}`),
    onFull: () => warn('full', `a client was turned away: ${settings.maxConnections} connections are open`),
    onFault: (error) => log.error(`a fault in the tap, relaying goes on: ${stackOf(error)}`),
  });
  const listeners = await listen(relay, settings, log).catch(async (error: unknown) => {
    await relay.close();
    throw error;
  });
  const opened = recorder.start();
  return {
    listeners,
    opened,
    async close() {
      await relay.close();
      await recorder.close();
    },
  };
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

/** The vendors' hosts, with what --upstream adds to them or fixes. */
function upstreamsOf(settings: Settings): [Upstream, ...Upstream[]] {
  const byHost = new Map<string, Upstream>();
  for (const host of vendors.flatMap((vendor) => vendor.hosts)) {
    byHost.set(host, { host, address: null, port: SCALE_PORT });
  }
  for (const { host, address, port } of settings.upstream) {
    byHost.set(host, { host, address, port: port ?? SCALE_PORT });
  }
  return [...byHost.values()] as [Upstream, ...Upstream[]];
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
