import { printable } from '../model/escape.js';
import { parseHead } from '../model/message.js';
import type { StoredExchange } from '../store/exchange-rows.js';
import type { ShownExchange, ShownMessage } from '../transfer/shown.js';
import { bytesText, exchangeNotes, requestLine, shownExchange } from '../transfer/shown.js';
import type { Column } from './output.js';
import { localTime } from './output.js';

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
  const { request, response, answered, reason } = exchange;
  const notes = [answered === 'upstream' ? '' : answered, reason ?? '', ...exchangeNotes(exchange)];
  return [
    String(exchange.id),
    localTime(exchange.startedAtUs / 1000),
    exchange.vendor ?? '-',
    exchange.device ?? '',
    exchange.label || requestLine(request.head),
    response === null ? '-' : parseHead(response.head).start[1] || '?',
    String(request.bodyBytes + (response?.bodyBytes ?? 0)),
    [...new Set(notes.filter((note) => note !== ''))].join(', '),
  ].map(printable);
}

/**
 * An exchange in full, for people: what is known about it, both messages, what was read in them. Messages stand as they
 * crossed, or opened where their vendor can do that; the heading then says so.
 */
export function exchangeText(stored: StoredExchange, showSecrets: boolean): string {
  const { request, interim, response, fields } = shownExchange(stored, showSecrets);
  const sections = [
    facts(stored),
    messageText('Request', request),
    interim.length === 0 ? '' : `Interim answer\n${endedText(interim)}`,
    response === null ? 'Answer\n  none\n' : messageText('Answer', response),
    decodedText(fields),
    refusalsText(stored),
  ];
  return sections.filter((section) => section !== '').join('\n');
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

function messageText(title: string, { message, opened, covered }: ShownMessage): string {
  const { head, body, bodyBytes, complete } = message;
  const notes = [
    opened,
    complete ? '' : 'not whole',
    body.length < bodyBytes ? `${body.length} of ${bodyBytes} bytes of the body kept` : '',
  ].filter((note) => note !== '');
  const heading = notes.length === 0 ? title : `${title} (${notes.join(', ')})`;
  const shown = covered
    ? `[${body.length} bytes not shown: could not be read; --show-secrets shows them]\n`
    : endedText(body);
  return `${heading}\n${endedText(head)}${shown}`;
}

function decodedText(fields: ShownExchange['fields']): string {
  return fields.length === 0
    ? ''
    : lines(
        'Read',
        fields.map(({ name, text }): Line => [name, text]),
      );
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

/** Bytes as lines of text, the last of which ends like the others. */
function endedText(bytes: Uint8Array): string {
  const text = bytesText(bytes);
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
