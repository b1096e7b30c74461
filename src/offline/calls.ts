import { randomBytes } from 'node:crypto';
import type { UpstreamRule } from '../config/values.js';
import type { Exchange } from '../model/exchange.js';
import { isAppHost } from '../vendors/apps.js';
import { vendors } from '../vendors/index.js';
import type { Vendor } from '../vendors/vendor.js';
import type { Endpoint } from '../wire/address.js';
import type { UpstreamCall } from '../wire/call.js';
import { openCall } from '../wire/call.js';
import type { DialOptions } from '../wire/dial.js';
import { UpstreamNames } from '../wire/names.js';
import type { Upstream } from '../wire/upstreams.js';
import { upstreamsOf } from '../wire/upstreams.js';

/** No answer to a scale comes near these. */
const LIMITS = { maxHeadBytes: 65_536, maxBodyBytes: 1_048_576 };

/** The settings that tell how upstream is reached. Times are in seconds. */
export interface CallSettings {
  readonly upstream: readonly UpstreamRule[];
  readonly upstreamDns: readonly string[];
  readonly connectTimeout: number;
  readonly firstByteTimeout: number;
  readonly answerTimeout: number;
}

/** The upstreams, and how we call them ourselves: for probes, and for what the cloud is owed. */
export class Calls {
  /** All that may be called. */
  readonly upstreams: readonly [Upstream, ...Upstream[]];
  /** For one exchange, a connection included. */
  readonly timeoutMs: number;
  readonly dial: DialOptions;
  readonly #rules: ReadonlyMap<string, UpstreamRule>;

  /** `listeners` are where we listen ourselves; it may grow. `mayDial` is asked before every step of a dial. */
  constructor(settings: CallSettings, listeners: readonly Endpoint[], mayDial: () => boolean) {
    const { connectTimeout, firstByteTimeout, answerTimeout, upstream, upstreamDns } = settings;
    const names = new UpstreamNames(upstreamDns);
    const hosts = vendors.flatMap((vendor) => vendor.hosts);
    this.#rules = new Map(upstream.map((rule) => [rule.host, rule]));
    // No scale calls where only apps do.
    this.upstreams = upstreamsOf(
      hosts,
      upstream.filter(({ host }) => hosts.includes(host) || !isAppHost(host)),
    );
    this.timeoutMs = 1000 * (connectTimeout + firstByteTimeout + answerTimeout);
    const connectTimeoutMs = connectTimeout * 1000;
    this.dial = { lookUp: (host) => names.lookUp(host), connectTimeoutMs, listeners, mayDial };
  }

  /** Where a vendor's devices speak to. */
  upstreamOf({ hosts: [host] }: Vendor): Upstream {
    return this.upstreams.find((each) => each.host === host) ?? this.upstreams[0];
  }

  /** Any host on a port that an app asks for, with what the settings say of it. */
  upstreamAt(host: string, port: number): Upstream {
    const rule = this.#rules.get(host);
    return { host, address: rule?.address ?? null, port: rule?.port ?? port };
  }

  /** `onExchange` is told of every exchange; without it they leave no trace. */
  open(upstream: Upstream, name: string, onExchange?: (exchange: Exchange) => void): UpstreamCall {
    return openCall(upstream, {
      dial: this.dial,
      connection: `${name}-${randomBytes(4).toString('hex')}`,
      ...LIMITS,
      ...(onExchange && { onExchange }),
    });
  }
}
