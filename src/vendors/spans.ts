import type { RawMessage } from '../model/exchange.js';
import { chunkSegments, type Segment } from '../model/message.js';
import type { Range } from './json-text.js';
import { hasChunkedBody, view } from './raw.js';

/**
 * Ranges of content turned into ranges of the raw body: a range that spans chunks is split, and chunk framing
 * stays readable, so that a masked body still has its sizes.
 */
export function rawRanges(message: RawMessage, ranges: readonly Range[]): Range[] {
  const sorted = merge(ranges);
  if (!hasChunkedBody(message.head)) return sorted;
  const segments = chunkSegments(message.body);
  return merge([...split(sorted, segments), ...framingExtras(view(message.body), segments)]);
}

/** Sorts ranges, joins those that touch, and drops empty ones. */
export function merge(ranges: readonly Range[]): Range[] {
  const sorted = ranges.filter(([from, to]) => from < to).sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** Content ranges, in order and apart, laid over the segments that the content came in. */
function split(ranges: readonly Range[], segments: readonly Segment[]): Range[] {
  const raw: Range[] = [];
  let content = 0;
  let next = 0;
  for (const segment of segments) {
    const end = content + segment.length;
    const shift = segment.from - content;
    for (; next < ranges.length; next++) {
      const [from, to] = ranges[next] ?? [0, 0];
      if (from >= end) break;
      raw.push([Math.max(from, content) + shift, Math.min(to, end) + shift]);
      if (to > end) break;
    }
    content = end;
  }
  return raw;
}

/**
 * What stands between and after the chunks and is neither a size nor a line end: extensions, trailers, and
 * whatever follows where the framing broke. No scale uses any of it, so all of it is taken for secret.
 */
function framingExtras(body: Buffer, segments: readonly Segment[]): Range[] {
  let at = 0;
  const extras = segments.map(({ from, length }) => {
    const gap = at;
    at = from + length;
    return afterSize(body, gap, from);
  });
  const rest = body.toString('latin1', at);
  const lastChunk = /^\r?\n?0{1,12}/.exec(rest)?.[0].length ?? 0;
  return [...extras, lineTexts(body, at + lastChunk, body.length)].flat();
}

/** The extensions of a chunk, what follows the `;`. */
function afterSize(body: Buffer, from: number, to: number): Range[] {
  const line = body.toString('latin1', from, to);
  const size = /^[\r\n]*[0-9a-f]*[ \t]*;?/i.exec(line)?.[0].length ?? 0;
  return lineTexts(body, from + size, to);
}

/** Runs of bytes that are not CR or LF. */
function lineTexts(body: Buffer, from: number, to: number): Range[] {
  const text = body.toString('latin1', from, to);
  return [...text.matchAll(/[^\r\n]+/g)].map((run) => [from + run.index, from + run.index + run[0].length]);
}
