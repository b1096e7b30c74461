import { UserError } from '../model/errors.js';
import { isStoreTrouble, Store } from '../store/store.js';
import { vendorOf } from '../vendors/index.js';

/**
 * Opens the store of the data folder for a command and closes it again; `create` makes it where it is not there.
 * Resolves to the exit code that the work gives, 0 when it gives none. Rejects with a {@link UserError} when the store
 * cannot be used, as when the disk is full or another process holds it for too long.
 */
export async function withStore(
  { dataDir, create = false }: { readonly dataDir: string; readonly create?: boolean },
  work: (store: Store) => Promise<number | undefined>,
): Promise<number> {
  const store = new Store(dataDir, vendorOf, { create });
  try {
    return (await work(store)) ?? 0;
  } catch (cause) {
    if (!(cause instanceof Error && isStoreTrouble(cause))) throw cause;
    throw new UserError(`cannot use ${store.file} (${cause.message}); try again when it can be written`, {
      cause,
    });
  } finally {
    store.close();
  }
}
