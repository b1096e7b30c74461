import { vendors } from './index.js';

/** The hosts that the vendors' apps speak HTTPS to: names, or `*.example.com` for all names below one. */
export const appHosts: readonly string[] = vendors.flatMap(({ apps }) => apps);

/** Whether a host is one that the app of a vendor speaks HTTPS to; in lower case, without port. */
export function isAppHost(host: string): boolean {
  return appHosts.some((pattern) => matchesHost(pattern, host));
}

/** Whether a host is the one of a pattern, or below the one of `*.example.com`. */
function matchesHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
