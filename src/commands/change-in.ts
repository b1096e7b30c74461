import type { Change } from '../model/change.js';
import { UserError } from '../model/errors.js';
import type { Store } from '../store/store.js';

/**
 * Makes a change, and gives the key of whom it was about; null for nobody. What was delivered is corrected by the `serve`
 * that uses the store. Throws a {@link UserError} when it cannot be made.
 */
export function changeIn(store: Store, change: Change): string | null {
  const changed = store.change(change);
  if (!changed.done) throw new UserError(changed.message);
  return changed.key;
}
