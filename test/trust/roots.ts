import type { Issuer } from '../../src/trust/leaf.js';
import { makeRoot, rootOf } from '../../src/trust/root.js';

/** A root in memory alone. */
export async function root(nowMs: number = Date.now()): Promise<Issuer> {
  return rootOf('/nowhere', await makeRoot(nowMs));
}
