import type { Settings } from '../config/schema.js';
import { printable } from '../model/escape.js';
import type { StoredExchange } from '../store/exchange-rows.js';
import { filterOf } from './filters.js';
import { counted, localTime, Progress, print, Table } from './output.js';
import { withStore } from './with-store.js';

/** Exchanges of one label. */
interface Count {
  exchanges: number;
  /** Microseconds since the Unix epoch. */
  firstUs: number;
  lastUs: number;
  newest: number;
}

/**
 * `scaletap exchanges unknown`: requests that a vendor module took for its own and has no word for, such as an upload
 * that nobody has published, counted by what they were; and how to send one in.
 */
export async function unknown(settings: Settings): Promise<number> {
  const filter = filterOf(settings);
  return withStore(settings, async ({ journal, file }) => {
    const counts = new Map<string, Count>();
    const progress = new Progress();
    let seen = 0;
    try {
      for (const exchange of journal.list({ ...filter, limit: settings.limit ?? undefined })) {
        progress.show(`${counted(++seen, 'exchange')} looked at`);
        if (exchange.vendor !== null && exchange.label.startsWith('unknown')) count(counts, exchange);
      }
    } finally {
      progress.clear();
    }
    const found = [...counts].sort(([, a], [, b]) => b.exchanges - a.exchanges);
    if (found.length === 0) await print(`${file}: nothing that a vendor module has no word for\n`);
    else await print(`${table(found)}\n${howToSendIn(Math.max(...found.map(([, { newest }]) => newest)))}`);
  });
}

function count(counts: Map<string, Count>, { id, vendor, label, startedAtUs }: StoredExchange): void {
  const key = `${vendor} ${label}`;
  const known = counts.get(key);
  counts.set(key, {
    exchanges: (known?.exchanges ?? 0) + 1,
    firstUs: Math.min(known?.firstUs ?? startedAtUs, startedAtUs),
    lastUs: Math.max(known?.lastUs ?? startedAtUs, startedAtUs),
    newest: id,
  });
}

function table(found: readonly (readonly [key: string, count: Count])[]): string {
  const rows = found.map(([key, { exchanges, firstUs, lastUs, newest }]) => [
    String(exchanges),
    ...[firstUs, lastUs].map((us) => localTime(us / 1000)),
    String(newest),
    printable(key),
  ]);
  return new Table([
    { title: 'COUNT', align: 'right' },
    { title: 'FIRST' },
    { title: 'LAST' },
    { title: 'NEWEST', align: 'right' },
    { title: 'WHAT' },
  ]).lines(rows);
}

function howToSendIn(id: number): string {
  return `To have one understood, write it to a file, read it through, and attach it to an issue of scaletap:
  scaletap exchanges show ${id} > exchange-${id}.txt
What is known to be secret is covered in it. Weights, times and user ids are not.
`;
}
