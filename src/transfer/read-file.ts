import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromHarEntry } from './har-read.js';
import { readDump } from './http-dump.js';
import { ListScanner } from './json-scan.js';
import type { Found, ImportReason } from './reasons.js';
import { fromRecord } from './record.js';

const CHUNK = 262_144;
/** The longest line or entry that is held, in bytes; V8 cannot hold a text of twice that. */
const MAX_ELEMENT = 268_435_456;

/**
 * Everything that can be imported from a file, in its order, and what cannot. A file that starts with `{` is a HAR,
 * or NDJSON when its name says so (`.ndjson`, `.jsonl`); any other is a `.http` dump. `onBytes` is told how many
 * bytes have been read, and of how many.
 */
export async function* readFile(
  path: string,
  onBytes: (read: number, all: number) => void,
): AsyncGenerator<Found> {
  let file: FileHandle | undefined;
  let at = 0;
  try {
    file = await open(path, 'r');
    const { size, mtimeMs } = await file.stat();
    const chunks = chunksOf(file, (length) => {
      at += length;
      onBytes(at, size);
    });
    const name = basename(path);
    const first = await chunks.next();
    const start: Buffer = first.done ? Buffer.alloc(0) : first.value;
    const all = preceded(start, chunks);
    if (!/^\ufeff?\s*\{/.test(start.toString())) yield* readDump({ name, modifiedMs: mtimeMs, chunks: all });
    else if (/\.(ndjson|jsonl)$/i.test(name)) yield* readLines(all);
    else yield* readHar(all, name);
  } catch (cause) {
    const { syscall, message }: NodeJS.ErrnoException =
      cause instanceof Error ? cause : new Error(String(cause));
    if (syscall === undefined) throw cause;
    yield problem('unreadable', at, message);
  } finally {
    await file?.close();
  }
}

async function* chunksOf(file: FileHandle, onBytes: (length: number) => void): AsyncGenerator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    const { bytesRead } = await file.read(buffer, 0, CHUNK);
    if (bytesRead === 0) return;
    onBytes(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

async function* preceded(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* readHar(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Found> {
  const scanner = new ListScanner(['log', 'entries']);
  let read = 0;
  for await (const chunk of chunks) {
    for (const { bytes, at } of scanner.push(chunk)) {
      const entry = parseJson(bytes);
      yield entry === undefined ? problem('not-json', at) : fromHarEntry(entry.json, name, at);
    }
    read += chunk.length;
    if (scanner.heldBytes > MAX_ELEMENT) return yield problem('too-large', read);
  }
  if (!scanner.closed) yield problem('ends-early', read);
  else if (!scanner.found) yield problem('not-har', 0, 'there is no list log.entries in it');
}

/** Our NDJSON: a record on each line; empty lines are passed over. */
async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Found> {
  let at = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let lf = chunk.indexOf(10); lf >= 0; lf = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...held, chunk.subarray(from, lf)]);
      yield* fromLine(line, at);
      at += line.length + 1;
      from = lf + 1;
      held = [];
      heldBytes = 0;
    }
    held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > MAX_ELEMENT) return yield problem('too-large', at);
  }
  const last = Buffer.concat(held);
  if (last.length > 0 && parseJson(last) === undefined) yield problem('ends-early', at);
  else yield* fromLine(last, at);
}

function* fromLine(line: Buffer, at: number): Generator<Found> {
  if (line.every((byte) => byte <= 0x20)) return;
  const parsed = parseJson(line);
  if (parsed === undefined) return yield problem('not-json', at);
  const read = fromRecord(parsed.json);
  yield 'exchange' in read ? read : problem('bad-record', at, read.wrong);
}

function problem(reason: ImportReason, at: number, detail = ''): Found {
  return { problem: { reason, at, detail } };
}

function parseJson(bytes: Buffer): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(bytes.toString()) };
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
