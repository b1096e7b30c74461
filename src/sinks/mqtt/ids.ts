import { hash } from 'node:crypto';

const mac = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const macDigits = /^[0-9a-f]{12}$/;
const plain = /^[a-zA-Z0-9-]{1,40}$/;

/**
 * A text as a level of a topic and as a part of Home Assistant's ids, which take letters, digits, `_` and `-` alone.
 * A MAC loses its colons, plain words stay, and all else is made readable and gets a hash with a `_` before it: two
 * different texts stay different. Without a hash there is no `_`, so ids that are joined with it stay different too.
 */
export function idOf(text: string): string {
  if (mac.test(text)) return text.replaceAll(':', '');
  if (plain.test(text) && !macDigits.test(text)) return text;
  const readable = text.replace(/[^a-zA-Z0-9]+/g, '-').slice(0, 24);
  // UTF-16, as halves of surrogate pairs would all be the same in UTF-8.
  return `${readable}_${hash('sha256', Buffer.from(text, 'utf16le'), 'hex').slice(0, 24)}`;
}

const LONGEST_NAME = 64;

/**
 * A text from outside as Home Assistant may show it, on one line and of such a length that the ids that it makes of
 * names stay within its limits. Empty when nothing of it can be shown.
 */
export function shownName(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return [...line].slice(0, LONGEST_NAME).join('').trim();
}
