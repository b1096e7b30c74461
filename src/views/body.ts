import { isUtf8 } from 'node:buffer';
import { bytesText } from '../transfer/shown.js';
import type { Answers } from './shapes.js';

/** More of a body is no use on a page. */
const MOST_TEXT = 256 * 1024;
const MOST_HEX = 4096;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;

/** A body as the page has it: as text where people can read it, else the first of its bytes in hexadecimal. */
export function shownBody(body: Uint8Array): Pick<Answers['exchangeDetail']['request'], 'body' | 'bodyHex'> {
  return isText(body)
    ? { body: cutText(body), bodyHex: null }
    : { body: null, bodyHex: Buffer.from(body.subarray(0, MOST_HEX)).toString('hex') };
}

/** UTF-8, and in what is shown no control characters but those that a text has. */
function isText(bytes: Uint8Array): boolean {
  const shown = bytes.subarray(0, MOST_TEXT);
  return isUtf8(bytes) && !shown.some((byte) => byte < 0x20 && byte !== TAB && byte !== LF && byte !== CR);
}

function cutText(body: Uint8Array): string {
  if (body.length <= MOST_TEXT) return bytesText(body);
  // A character that is cut in two would make the rest look like no text.
  let end = MOST_TEXT;
  while (((body[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytesText(body.subarray(0, end))}\n[cut: ${end} of ${body.length} bytes are shown]`;
}
