import { setTimeout } from 'node:timers/promises';
import type { DialOptions, TlsDialOptions } from '../wire/dial.js';
import { dialTls } from '../wire/dial.js';
import { isPublic } from '../wire/reach.js';
import type { Upstream } from '../wire/upstreams.js';
import type { Pacing } from './polite.js';
import type { Reach } from './renpho.js';

/** Where clouds answer their apps. */
const APP_PORT = 443;
/** For an answer that has begun or not: lists of many rows take a while. */
const ANSWER_MS = 60_000;

/** How time passes for a pull that is meant. */
const pacing: Pacing = {
  // Rejects only when it is ended early, and then whoever waits looks at the signal.
  pause: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
  random: Math.random,
};

/**
 * How the clouds are reached: at the address that the settings give to their host, or else by name, and then only on the
 * internet. `secureContext` has the certificates that they are verified with.
 */
export function reachOf(
  dial: DialOptions,
  upstreamAt: (host: string, port: number) => Upstream,
  secureContext: () => Promise<TlsDialOptions['secureContext']>,
): Omit<Reach, 'signal'> {
  return {
    connect: async (host) =>
      dialTls(upstreamAt(host, APP_PORT), {
        mayReach: isPublic,
        ...dial,
        secureContext: await secureContext(),
      }),
    timeoutMs: dial.connectTimeoutMs + ANSWER_MS,
    pacing,
  };
}
