import { isUtf8 } from 'node:buffer';
import { printable, printableLines } from '../model/escape.js';
import type { Exchange, RawMessage } from '../model/exchange.js';
import { content, header, parseHead } from '../model/message.js';
import type { StoredExchange } from '../store/journal.js';
import { isCovered, opened, readerOf, redact } from '../transfer/redact.js';
import type { Column } from './output.js';
import { counted, localTime } from './output.js';

/** Columns of the list of exchanges. */
export const exchangeColumns: readonly Column[] = [
  { title: 'ID', align: 'right' },
  { title: 'TIME' },
  { title: 'VENDOR' },
  { title: 'DEVICE' },
  { title: 'WHAT' },
  { title: 'STATUS', align: 'right' },
  { title: 'BYTES', align: 'right' },
  { title: 'NOTES' },
];

/** The row of an exchange in the list. There is nothing in it that could be a secret. */
export function exchangeRow(exchange: StoredExchange): string[] {
  const { request, response, answered, reason, verdict, refusals } = exchange;
  const notes = [
    answered === 'upstream' ? '' : answered,
    reason ?? '',
    verdict === 'failed' ? 'session hash failed' : '',
    ...refusals.map((refusal) => refusal.reason),
  ];
  return [
    String(exchange.id),
    localTime(exchange.startedAtUs / 1000),
    exchange.vendor ?? '-',
    exchange.device ?? '',
    exchange.label || requestLine(request),
    response === null ? '-' : parseHead(response.head).start[1] || '?',
    String(request.bodyBytes + (response?.bodyBytes ?? 0)),
    [...new Set(notes.filter((note) => note !== ''))].join(', '),
  ].map(printable);
}

/** Method, host and path of a request that no vendor has a word for; without the query, which may hold secrets. */
function requestLine({ head }: RawMessage): string {
  const [method, target] = parseHead(head).start;
  return method === '' ? 'not HTTP' : `${method} ${target.split('?', 1)[0]}`;
}

/**
 * An exchange in full, for people: what is known about it, both messages, what was read in them. Messages stand as they
 * crossed, or opened where their vendor can do that; the heading then says so.
 */
export function exchangeText(stored: StoredExchange, showSecrets: boolean): string {
  const open = opened(stored);
  const exchange = showSecrets ? open : redact(open);
  const sections = [
    facts(stored),
    messageText('Request', exchange.request, openedNote(stored.request, open.request), showSecrets),
    exchange.interim.length === 0 ? '' : `Interim answer\n${bytesText(exchange.interim)}`,
    exchange.response === null
      ? 'Answer\n  none\n'
      : messageText('Answer', exchange.response, openedNote(stored.response, open.response), showSecrets),
    decodedText(stored, open, showSecrets),
    refusalsText(stored),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

/**
 * That a message was opened, for its heading: `opened from 180 bytes, chunked, gzip`. Encryption has no header to be
 * named by.
 */
function openedNote(crossed: RawMessage | null, open: RawMessage | null): string {
  if (crossed === null || open === null || crossed === open) return '';
  const undone = ['transfer-encoding', 'content-encoding'].flatMap((name) => {
    const [was, is] = [crossed, open].map(({ head }) => header(parseHead(head).headers, name));
    return was === undefined || is !== undefined ? [] : [was];
  });
  return [`opened from ${counted(crossed.bodyBytes, 'byte')}`, ...undone].join(', ');
}

function facts(exchange: StoredExchange): string {
  const { startedAtUs, responseAfterUs, endedAfterUs, answered, reason, verdict } = exchange;
  const after = (us: number) => `${(us / 1000).toFixed(1)} ms`;
  const timing = responseAfterUs === null ? 'none' : `${answered}, after ${after(responseAfterUs)}`;
  return lines(`Exchange ${exchange.id}`, [
    ['time', localTime(startedAtUs / 1000)],
    ['source', exchange.source],
    ['connection', exchange.connection],
    ['client', exchange.client],
    ['upstream', exchange.upstream],
    ['vendor', [exchange.vendor ?? 'unknown', exchange.label].filter((word) => word !== '').join(', ')],
    ['device', exchange.device ?? ''],
    ['answer', `${timing}; over after ${after(endedAfterUs)}`],
    ['reason', reason ?? ''],
    ['session hash', verdict ?? ''],
  ]);
}

function messageText(title: string, message: RawMessage, opening: string, showSecrets: boolean): string {
  const { head, body, bodyBytes, complete } = message;
  const notes = [
    opening,
    complete ? '' : 'not whole',
    body.length < bodyBytes ? `${body.length} of ${bodyBytes} bytes of the body kept` : '',
  ].filter((note) => note !== '');
  const heading = notes.length === 0 ? title : `${title} (${notes.join(', ')})`;
  const covered = !showSecrets && (isCovered(body) || isCovered(content(message)));
  const shown = covered
    ? `[${body.length} bytes not shown: could not be read; --show-secrets shows them]\n`
    : bytesText(body);
  return `${heading}\n${bytesText(head)}${shown}`;
}

function decodedText(stored: StoredExchange, open: Exchange, showSecrets: boolean): string {
  const fields = readerOf(stored)?.decode(open) ?? [];
  const shown = fields.map(({ name, text, secret }): Line => [name, secret && !showSecrets ? '***' : text]);
  return shown.length === 0 ? '' : lines('Read', shown);
}

function refusalsText({ refusals }: StoredExchange): string {
  return refusals.length === 0
    ? ''
    : lines(
        'Could not be read',
        refusals.map(({ reason, detail }): Line => [reason, detail]),
      );
}

type Line = readonly [name: string, text: string];

/** A title with names and texts under it; a line without text is left out. */
function lines(title: string, all: readonly Line[]): string {
  const shown = all
    .filter(([, text]) => text !== '')
    .map(([name, text]) => [printable(name), printable(text)]);
  const width = Math.max(0, ...shown.map(([name = '']) => name.length));
  return [title, ...shown.map(([name = '', text]) => `  ${name.padEnd(width)}  ${text}`), ''].join('\n');
}

/** Bytes as lines of text: UTF-8 where it is that, and otherwise with every byte beyond ASCII escaped. */
function bytesText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = isUtf8(buffer)
    ? printableLines(buffer.toString())
    : printableLines(buffer.toString('latin1')).replace(
        /[\xa0-\xff]/g,
        (char) => `\\x${char.charCodeAt(0).toString(16)}`,
      );
  return text.endsWith('\n') ? text : `${text}\n`;
}
