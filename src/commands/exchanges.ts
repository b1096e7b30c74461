import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExportFormat } from '../config/choices.js';
import { exportFormats } from '../config/choices.js';
import { didYouMean } from '../config/nearest.js';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { UsageError, UserError } from '../model/errors.js';
import type { Exchange } from '../model/exchange.js';
import type { StoredExchange } from '../store/exchange-rows.js';
import type { Store } from '../store/store.js';
import type { Exported } from '../transfer/export.js';
import { exportPieces } from '../transfer/export.js';
import { redact } from '../transfer/redact.js';
import { version } from '../version.js';
import { exchangeColumns, exchangeRow, exchangeText } from './exchange-text.js';
import type { Filter } from './filters.js';
import { filterOf } from './filters.js';
import { counted, Progress, print, Table, writeFile } from './output.js';
import { withStore } from './with-store.js';

const LISTED = 50;
const POLL_MS = 500;

/** `scaletap exchanges [list]`: the newest, oldest of them first; with `--follow` also those to come. */
export async function list(settings: Settings): Promise<number> {
  const filter = filterOf(settings);
  return withStore(settings, async (store) => {
    const table = new Table(exchangeColumns);
    const rows: string[][] = [];
    let last = 0;
    for (const exchange of store.journal.list({ ...filter, limit: settings.limit ?? LISTED })) {
      rows.push(exchangeRow(exchange));
      last = exchange.id;
    }
    await print(table.lines(rows));
    if (settings.follow) await follow(store, filter, last, table);
  });
}

/** `scaletap exchanges show ID`: one exchange with both messages and what could be read in them. */
export async function show(settings: Settings, word: string): Promise<number> {
  const id = /^\d{1,15}$/.test(word) ? Number(word) : 0;
  if (id === 0)
    throw new UsageError(`${word} is not the id of an exchange; scaletap exchanges list has them`);
  return withStore(settings, async (store) => {
    const exchange = store.journal.get(id);
    if (exchange === undefined) {
      throw new UserError(
        `there is no exchange ${id} in ${store.file}; scaletap exchanges list shows which there are`,
      );
    }
    await print(exchangeText(exchange, settings.showSecrets));
  });
}

/** `scaletap exchanges export`: all that are asked for, to a file or to stdout. */
export async function exportTo(settings: Settings, log: Log): Promise<number> {
  const format = formatOf(settings);
  const filter = filterOf(settings);
  const { out, limit, showSecrets } = settings;
  return withStore(settings, async (store) => {
    const progress = new Progress();
    const exported: Exported = { written: 0, leftOut: 0 };
    const pieces = exportPieces(
      format,
      shown(store.journal.list({ ...filter, limit: limit ?? undefined }), showSecrets, () =>
        progress.show(`${counted(exported.written, 'exchange')} written`),
      ),
      { masked: !showSecrets, version: version() },
      exported,
    );
    try {
      if (out === null) for (const piece of pieces) await print(piece);
      else await writeFile(out, pieces);
    } finally {
      progress.clear();
    }
    if (exported.leftOut > 0) {
      log.warn(
        `${counted(exported.leftOut, 'exchange')} left out: not whole, and so not to be told apart in a .http ` +
          'file; har and ndjson hold them',
      );
    }
    if (out !== null) await print(`${counted(exported.written, 'exchange')} written to ${out}\n`);
  });
}

/** Prints exchanges as they come, until a signal or until nobody reads any more. */
async function follow(store: Store, filter: Filter, from: number, table: Table): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  let last = from;
  while (!stop.signal.aborted) {
    // Those that are not asked for are passed over here, not by the store, so that it need not see them again.
    for (const exchange of store.journal.list({ after: last })) {
      last = exchange.id;
      if (matches(exchange, filter)) await print(table.lines([exchangeRow(exchange)]));
    }
    await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(stopped);
  }
}

function stopped(cause: unknown): void {
  if (!(cause instanceof Error && cause.name === 'AbortError')) throw cause;
}

function matches(exchange: StoredExchange, { sinceMs, device, vendor }: Filter): boolean {
  return (
    (sinceMs === undefined || exchange.startedAtUs >= sinceMs * 1000) &&
    (device === undefined || exchange.device === device) &&
    (vendor === undefined || exchange.vendor === vendor)
  );
}

function formatOf({ format, out }: Settings): ExportFormat {
  const suffix = out === null ? '' : extname(out).slice(1).toLowerCase();
  const found = exportFormats.find((name) => name === (format ?? suffix));
  if (found !== undefined) return found;
  const formats = exportFormats.join(', ');
  if (format !== null)
    throw new UsageError(`--format: ${format} is a format of readings; exchanges have ${formats}`);
  if (out === null) throw new UsageError(`name a format with --format (${formats}) or a file with --out`);
  throw new UsageError(
    `--out: .${suffix} is none of the formats ${formats}${didYouMean(suffix, exportFormats)}; or use --format`,
  );
}

function* shown(
  exchanges: Iterable<StoredExchange>,
  showSecrets: boolean,
  onEach: () => void,
): Generator<Exchange> {
  for (const exchange of exchanges) {
    yield showSecrets ? exchange : redact(exchange);
    onEach();
  }
}
