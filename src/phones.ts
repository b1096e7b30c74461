import type { Settings } from './config/schema.js';
import type { Log } from './log.js';
import { UserError } from './model/errors.js';
import { printable } from './model/escape.js';
import type { Exchange, InterceptReason, RefusalReason } from './model/exchange.js';
import type { Calls } from './offline/calls.js';
import { orWithout, placesOf } from './places.js';
import type { Authority } from './trust/authority.js';
import { openAuthority } from './trust/authority.js';
import { certsFolder } from './trust/files.js';
import { mobileconfig } from './trust/mobileconfig.js';
import { appHosts, isAppHost } from './vendors/apps.js';
import type { PageAnswer, PageRequest } from './web/answer.js';
import { textAnswer } from './web/answer.js';
import type { CaFacts } from './web/setup-page.js';
import { setupPage } from './web/setup-page.js';
import type { Endpoint } from './wire/address.js';
import { UpstreamNames } from './wire/names.js';
import { ForwardProxy } from './wire/proxy.js';
import { isNeighbour } from './wire/reach.js';
import { upstreamContext } from './wire/upstream-context.js';

const PROXY_PORT = 8888;

/** What the rest of scaletap gives. */
interface PhoneParts {
  readonly calls: Calls;
  readonly record: (exchange: Exchange) => void;
  /** Whether the vendors may be called. */
  readonly mayCall: () => boolean;
  /** Where scaletap listens besides. */
  readonly listeners: readonly Endpoint[];
  /** Shows a warning, but not the same again and again. */
  readonly warn: (key: string, message: string) => void;
  readonly log: Log;
}

/** What phones are connected to, while it runs. */
export interface Phones {
  /** Where the proxy listens; none when there is no proxy. */
  readonly listeners: readonly Endpoint[];
  /** Answers for the page that sets a phone up, from where it stands. */
  setup(request: PageRequest): PageAnswer;
  close(): Promise<void>;
}

/**
 * Starts the proxy with its certificate authority. A place that nobody asked for is gone without when it cannot be had.
 * Rejects with a UserError for one that somebody asked for.
 */
export async function startPhones(settings: Settings, parts: PhoneParts): Promise<Phones> {
  const { log } = parts;
  const places = placesOf(settings.proxyListen, { host: null, port: PROXY_PORT });
  if (places.wanted.length === 0) {
    const line = 'scaletap runs without its proxy (--proxy-listen off), so no phone can be set up';
    return {
      listeners: [],
      setup: (request) => textAnswer(request, 404, line),
      close: async () => undefined,
    };
  }
  const roots = await upstreamContext(settings.upstreamCa);
  const authority = new LateAuthority(certsFolder(settings.dataDir), log);
  const proxy = proxyOf(settings, parts, roots, authority);
  try {
    for (const { host, port } of places.wanted) {
      await orWithout(places.usual, log, () => proxy.listen(host, port));
    }
  } catch (error) {
    await proxy.close();
    throw error;
  }
  const { listeners } = proxy;
  return {
    listeners,
    setup: (request) => authority.page(request, { host: null, port: listeners[0]?.port ?? PROXY_PORT }),
    close: () => proxy.close(),
  };
}

function proxyOf(
  settings: Settings,
  { calls, record, mayCall, listeners, warn, log }: PhoneParts,
  roots: Awaited<ReturnType<typeof upstreamContext>>,
  authority: LateAuthority,
): ForwardProxy {
  // Whatever the phone asks for besides the vendors is found as any program here finds it.
  const others = new UpstreamNames(null);
  return new ForwardProxy({
    mayUse: isNeighbour,
    route: (host, port) => ({
      upstream: calls.upstreamAt(host, port),
      isRead: authority.isUsable && isAppHost(host),
    }),
    lookUp: calls.dial.lookUp,
    lookUpOther: (host) => others.lookUp(host),
    upstreamContext: roots,
    contextFor: async (host) => (await authority.opened).contextFor(host),
    mayCall,
    allowedPorts: settings.proxyPorts,
    login: settings.proxyLogin,
    own: async ({ proxy, ...request }) => authority.page(request, proxy),
    listeners,
    maxConnections: settings.proxyConnections,
    maxHeadBytes: settings.maxHeadBytes,
    maxBodyBytes: settings.tapBodyBytes,
    headTimeoutMs: settings.headTimeout * 1000,
    connectTimeoutMs: calls.dial.connectTimeoutMs,
    idleTimeoutMs: settings.idleTimeout * 1000,
    onExchange: record,
    onRefused: (reason: RefusalReason, message, client, ours) => {
      const said = printable(`${client} was refused by the proxy: ${message}`);
      // Which hosts a phone asks for, besides the vendors', is nobody's business.
      if (ours || reason === 'proxy-auth' || reason === 'client-not-local') warn(`proxy ${reason}`, said);
      else log.debug(said);
    },
    onUnread: (reason: InterceptReason, host, client) =>
      warn(`unread ${reason}`, printable(`${client} and ${host}: ${unreadText[reason]}`)),
    onFull: () =>
      warn('proxy full', `a phone was turned away: ${settings.proxyConnections} connections are open`),
    onFault: (error) => {
      // Such as an authority that has expired meanwhile: it lasts, and every connection meets it.
      if (error instanceof UserError)
        warn('proxy trouble', `${error.message}. Until then, apps go through unread`);
      else log.error(`a fault in the proxy: ${error instanceof Error ? error.stack : error}`);
    },
  });
}

const again = 'it is not read for ten minutes, so that the app works';

/** What to say of an app that cannot be read. */
const unreadText: Readonly<Record<InterceptReason, string>> = {
  'certificate-refused': `the app does not trust scaletap's certificate; ${again}. See docs/renpho.md`,
  'no-common-cipher': `the app speaks no TLS that scaletap speaks; ${again}`,
  'only-h2': 'the app speaks HTTP/2 only, and goes through unread',
  'not-tls': 'the app speaks no TLS, nor HTTP on port 80, and goes through unread',
  'bad-hello': 'the app begins TLS in a way that makes no sense, and goes through unread',
  'left-handshake':
    'the app left in the middle of the TLS handshake; if it does so again, it goes through unread',
  'left-unused':
    "the app left right after the TLS handshake; if it does so again, it may not trust scaletap's certificate and goes through unread",
  'handshake-failed': `the TLS handshake with the app failed; ${again}`,
};

/** The certificate authority, which is made or read beside everything else: a scale does not wait for it. */
class LateAuthority {
  /** Rejects with a UserError when there is none to be had. */
  readonly opened: Promise<Authority>;
  #facts: CaFacts | null = null;
  #problem: string | null = null;

  constructor(folder: string, log: Log) {
    this.opened = openAuthority(folder);
    this.opened.then(
      (authority) => {
        this.#facts = { ...authority, mobileconfig: Buffer.from(mobileconfig(authority)) };
      },
      (error: unknown) => {
        this.#problem = error instanceof Error ? error.message : String(error);
        log.error(`${this.#problem}. Until then, apps go through the proxy unread`);
      },
    );
  }

  /** Not when it is known that there is none. */
  get isUsable(): boolean {
    return this.#problem === null;
  }

  /** The page by which a phone is set up. */
  page(request: PageRequest, proxy: { readonly host: string | null; readonly port: number }): PageAnswer {
    if (this.#facts !== null) return setupPage(request, this.#facts, proxy, appHosts);
    if (this.#problem === null) {
      return textAnswer(request, 503, 'the certificate is being made; try again in a moment', [
        ['Retry-After', '2'],
      ]);
    }
    return textAnswer(request, 503, 'there is no certificate authority; the log of scaletap says why');
  }
}
