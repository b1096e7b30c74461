import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { Exchange } from '../model/exchange.js';
import { isStoreTrouble, type Store } from '../store/store.js';
import { readFile } from '../transfer/read-file.js';
import type { Problem } from '../transfer/reasons.js';
import { counted, Progress, print } from './output.js';
import { withStore } from './with-store.js';

/** A transaction takes so many exchanges, or so many bytes of them. */
const BATCH = 200;
const BATCH_BYTES = 8_388_608;
/** After so many problems of one file the rest is only counted. */
const PROBLEMS_SHOWN = 20;

/** What came of one file. */
interface Result {
  exchanges: number;
  added: number;
  readings: number;
  masked: number;
  problems: number;
  readonly refusals: Map<string, number>;
}

/**
 * `scaletap import FILE...`: takes exchanges into the journal, with the readings and values in them. What is there
 * already is passed over. Resolves to 1 when something in the files could not be imported.
 */
export async function run(settings: Settings, log: Log, files: readonly string[]): Promise<number> {
  return withStore({ ...settings, create: true }, async (store) => {
    let code = 0;
    for (const file of files) {
      const result = await importFile(store, file, log);
      if (result.problems > 0) code = 1;
      await print(summary(file, result));
    }
    return code;
  });
}

async function importFile(store: Store, file: string, log: Log): Promise<Result> {
  const result: Result = { exchanges: 0, added: 0, readings: 0, masked: 0, problems: 0, refusals: new Map() };
  const progress = new Progress();
  const batch = new Batch(store, result);
  try {
    const onBytes = (read: number, all: number) =>
      progress.show(
        `${file}: ${Math.floor((100 * read) / Math.max(read, all))} %, ${counted(result.exchanges, 'exchange')}`,
      );
    for await (const found of readFile(file, onBytes)) {
      if ('problem' in found) {
        progress.clear();
        tell(found.problem, file, ++result.problems, log);
      } else {
        if (found.masked) result.masked++;
        batch.add(found.exchange);
      }
    }
    batch.commit();
    return result;
  } finally {
    progress.clear();
  }
}

/** Exchanges on their way into the journal. */
class Batch {
  readonly #store: Store;
  readonly #result: Result;
  #exchanges: Exchange[] = [];
  #bytes = 0;

  constructor(store: Store, result: Result) {
    this.#store = store;
    this.#result = result;
  }

  add(exchange: Exchange): void {
    this.#exchanges.push(exchange);
    this.#bytes += exchange.request.body.length + (exchange.response?.body.length ?? 0);
    if (this.#exchanges.length >= BATCH || this.#bytes >= BATCH_BYTES) this.commit();
  }

  commit(): void {
    const result = this.#result;
    const { exchanges, readings, refusals } = this.#write();
    result.exchanges += this.#exchanges.length;
    result.added += exchanges;
    result.readings += readings;
    for (const { reason } of refusals) result.refusals.set(reason, (result.refusals.get(reason) ?? 0) + 1);
    this.#exchanges = [];
    this.#bytes = 0;
  }

  #write() {
    try {
      return this.#store.journal.commit(this.#exchanges, { dedupe: true });
    } catch (cause) {
      if (!(cause instanceof Error && isStoreTrouble(cause))) throw cause;
      const what = `cannot write ${this.#store.file} (${cause.message})`;
      throw new UserError(`${what}; what was imported before is kept, so try again when it can`, { cause });
    }
  }
}

function tell({ reason, at, detail }: Problem, file: string, count: number, log: Log): void {
  if (count > PROBLEMS_SHOWN) return;
  log.warn(`${file}: ${reason} at byte ${at}${detail === '' ? '' : `: ${detail}`}`);
  if (count === PROBLEMS_SHOWN) log.warn(`${file}: further problems are only counted`);
}

function summary(file: string, { exchanges, added, readings, masked, problems, refusals }: Result): string {
  const parts = [counted(exchanges, 'exchange'), `${added} new`, `${counted(readings, 'new reading')}`];
  if (problems > 0) parts.push(`${counted(problems, 'problem')} in the file`);
  const lines = [`${file}: ${parts.join(', ')}`];
  const refused = [...refusals].map(([reason, count]) => `${reason} ${count}`);
  if (refused.length > 0) lines.push(`  could not be read: ${refused.join(', ')}`);
  if (masked > 0)
    lines.push(`  ${counted(masked, 'exchange')} with covered secrets (exported without --show-secrets)`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}
