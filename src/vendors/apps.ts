import { vendors } from './index.js';

/** Whether a host is one that the app of a vendor speaks HTTPS to; in lower case, without port. */
export function isAppHost(host: string): boolean {
  return vendors.some(({ apps }) => apps.some((pattern) => matchesHost(pattern, host)));
}

/** Whether a host is the one of a pattern, or below the one of `*.example.com`. */
export function matchesHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
