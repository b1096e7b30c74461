/** A vendor's server that clients may be relayed to. */
export interface Upstream {
  /** As it stands in the Host header, lower case, without port. */
  readonly host: string;
  /** A fixed address; null when the name is looked up. */
  readonly address: string | null;
  readonly port: number;
}

/** Where scales call, and where the vendors' servers answer them. */
export const SCALE_PORT = 80;

/** An upstream as the settings add it or fix it; what is null is left as it is usual. */
interface UpstreamRule {
  readonly host: string;
  readonly address: string | null;
  readonly port: number | null;
}

/** The vendors' hosts, of which there is at least one, with what the settings add to them or fix. */
export function upstreamsOf(
  hosts: readonly string[],
  rules: readonly UpstreamRule[],
): [Upstream, ...Upstream[]] {
  const byHost = new Map<string, Upstream>();
  for (const host of hosts) byHost.set(host, { host, address: null, port: SCALE_PORT });
  for (const { host, address, port } of rules) byHost.set(host, { host, address, port: port ?? SCALE_PORT });
  return [...byHost.values()] as [Upstream, ...Upstream[]];
}

/** The allow list: it alone decides where a connection may lead. */
export class AllowList {
  readonly #byHost: ReadonlyMap<string, Upstream>;
  readonly #first: Upstream;

  constructor(upstreams: readonly [Upstream, ...Upstream[]]) {
    this.#byHost = new Map(upstreams.map((upstream) => [upstream.host, upstream]));
    this.#first = upstreams[0];
  }

  /** The upstream that a Host header names, whatever its port; the first one when there is no Host. */
  pick(host: string | undefined): Upstream | undefined {
    if (host === undefined || host === '') return this.#first;
    return this.#byHost.get(host) ?? this.#byHost.get(plainHost(host));
  }
}

/** `Scalews.Withings.NET.:80` is `scalews.withings.net`. */
function plainHost(host: string): string {
  return host
    .replace(/:[0-9]*$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** The Host that the beginning of a head names, when the head itself could not be framed. */
export function hostInFragment(fragment: Buffer): string | undefined {
  return /\r?\nhost:[ \t]*([^\s]+)[ \t]*\r?\n/i.exec(fragment.toString('latin1'))?.[1];
}
