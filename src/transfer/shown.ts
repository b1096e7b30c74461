import { isUtf8 } from 'node:buffer';
import { printableLines } from '../model/escape.js';
import type { Exchange, RawMessage } from '../model/exchange.js';
import { content, header, parseHead } from '../model/message.js';
import { isCovered, opened, readerOf, redact } from './redact.js';

/** A message as people are shown it. */
export interface ShownMessage {
  /** Opened where its vendor can do that, and, unless secrets are to be shown, with them covered. */
  readonly message: RawMessage;
  /**
   * What was undone, in words: `opened from 180 bytes, chunked, gzip`. Encryption has no header to be named by. Empty for
   * nothing.
   */
  readonly opened: string;
  /** All of the body is covered, because it could not be read. */
  readonly covered: boolean;
}

/** An exchange as people are shown it. */
export interface ShownExchange {
  readonly request: ShownMessage;
  readonly interim: Uint8Array;
  /** Null when there was none. */
  readonly response: ShownMessage | null;
  /** What was read in it. Unless secrets are to be shown, their text is `***`. */
  readonly fields: readonly { readonly name: string; readonly text: string }[];
}

/** Opens an exchange, and covers what is secret in it unless that is to be shown. */
export function shownExchange(crossed: Exchange, showSecrets: boolean): ShownExchange {
  const open = opened(crossed);
  const shown = showSecrets ? open : redact(open);
  const fields = readerOf(crossed)?.decode(open) ?? [];
  return {
    request: shownMessage(crossed.request, open.request, shown.request, showSecrets),
    interim: shown.interim,
    response:
      crossed.response &&
      open.response &&
      shown.response &&
      shownMessage(crossed.response, open.response, shown.response, showSecrets),
    fields: fields.map(({ name, text, secret }) => ({ name, text: secret && !showSecrets ? '***' : text })),
  };
}

function shownMessage(
  crossed: RawMessage,
  open: RawMessage,
  message: RawMessage,
  showSecrets: boolean,
): ShownMessage {
  return {
    message,
    opened: openedNote(crossed, open),
    covered: !showSecrets && (isCovered(message.body) || isCovered(content(message))),
  };
}

function openedNote(crossed: RawMessage, open: RawMessage): string {
  if (crossed === open) return '';
  const undone = ['transfer-encoding', 'content-encoding'].flatMap((name) => {
    const [was, is] = [crossed, open].map(({ head }) => header(parseHead(head).headers, name));
    return was === undefined || is !== undefined ? [] : [was];
  });
  const bytes = `${crossed.bodyBytes} byte${crossed.bodyBytes === 1 ? '' : 's'}`;
  return [`opened from ${bytes}`, ...undone].join(', ');
}

/** What is to be said of an exchange besides how it was answered, each thing once and in few words. */
export function exchangeNotes({
  verdict,
  refusals,
}: {
  readonly verdict: string | null;
  readonly refusals: readonly { readonly reason: string }[];
}): string[] {
  const notes = [verdict === 'failed' ? 'session hash failed' : '', ...refusals.map(({ reason }) => reason)];
  return [...new Set(notes.filter((note) => note !== ''))];
}

/** Method and target of a request that no vendor has a word for; without the query, which may hold secrets. */
export function requestLine(head: Uint8Array): string {
  const [method, target] = parseHead(head).start;
  return method === '' ? 'not HTTP' : `${method} ${withoutQuery(target)}`;
}

/** The same with the host that was asked for. */
export function requestPlace(head: Uint8Array): string {
  const { start, headers } = parseHead(head);
  const [method, target] = start;
  const host = target.startsWith('/') ? (header(headers, 'host') ?? '') : '';
  return method === '' ? 'not HTTP' : `${method} ${host}${withoutQuery(target)}`;
}

function withoutQuery(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

/** Bytes as lines of text: UTF-8 where they are that, and otherwise with every byte beyond ASCII escaped. */
export function bytesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return printableLines(buffer.toString());
  return printableLines(buffer.toString('latin1')).replace(
    /[\xa0-\xff]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16)}`,
  );
}
