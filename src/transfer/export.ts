import type { ExportFormat } from '../config/choices.js';
import type { Exchange } from '../model/exchange.js';
import { harBegin, harEnd, toHarEntry } from './har-write.js';
import { toDump } from './http-dump.js';
import { toRecord } from './record.js';

/** How a format puts exchanges into a file, piece by piece. */
interface Writer {
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  /** One exchange; null when the format cannot hold it. */
  write(exchange: Exchange, masked: boolean): string | Buffer | null;
}

/** What became of an export. */
export interface Exported {
  written: number;
  /** Exchanges that the format cannot hold. */
  leftOut: number;
}

/**
 * The pieces of an export file, of which only one is held at a time. `masked` says that the exchanges come out of
 * {@link redact}. Counts go into `exported` on the way.
 */
export function* exportPieces(
  format: ExportFormat,
  exchanges: Iterable<Exchange>,
  { masked, version }: { readonly masked: boolean; readonly version: string },
  exported: Exported,
): Generator<string | Buffer> {
  const writer = writers[format](version);
  yield writer.begin;
  for (const exchange of exchanges) {
    const piece = writer.write(exchange, masked);
    if (piece === null) {
      exported.leftOut++;
      continue;
    }
    if (exported.written > 0) yield writer.between;
    yield piece;
    exported.written++;
  }
  yield writer.end;
}

const writers: Readonly<Record<ExportFormat, (version: string) => Writer>> = {
  har: (version) => ({
    begin: harBegin(version),
    between: ',\n',
    end: harEnd,
    write: (exchange, masked) => JSON.stringify(toHarEntry(exchange, masked)),
  }),
  ndjson: () => ({
    begin: '',
    between: '',
    end: '',
    write: (exchange, masked) => `${JSON.stringify(toRecord(exchange, masked))}\n`,
  }),
  http: () => ({ begin: '', between: '', end: '', write: toDump }),
};
