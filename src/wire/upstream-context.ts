import type { SecureContext } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { upstreamRoots } from './roots.js';

/**
 * What upstreams are verified with, see {@link upstreamRoots}. Taking in the system's certificates takes tens of
 * milliseconds, so it is done once, when the first upstream is called; those of `extraFile` are looked at now.
 * Rejects with a UserError about that file.
 */
export async function upstreamContext(extraFile: string | null): Promise<() => Promise<SecureContext>> {
  if (extraFile !== null) await upstreamRoots(extraFile);
  let context: Promise<SecureContext> | null = null;
  return () => {
    const made =
      context ?? upstreamRoots(extraFile).then((ca) => createSecureContext({ ca, minVersion: 'TLSv1.2' }));
    context = made;
    made.catch(() => {
      // The file may be there again the next time.
      context = null;
    });
    return made;
  };
}
