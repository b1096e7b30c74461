import { printable } from '../model/escape.js';
import type { RawMessage } from '../model/exchange.js';
import type { StoredExchange } from '../store/exchange-rows.js';
import type { ShownExchange, ShownMessage } from '../transfer/shown.js';
import { bytesText, shownExchange } from '../transfer/shown.js';
import { shownBody } from './body.js';
import { shownFacts } from './exchanges.js';
import { NoAnswer } from './no-answer.js';
import type { Answers } from './shapes.js';

type Detail = Answers['exchangeDetail'];

/** More of what was read is no use on a page. */
const MOST_FIELDS = 2_000;
const MOST_FIELD_TEXT = 4_000;
/** A larger body takes seconds to be taken apart, for which everybody's page would wait. */
const MOST_BODY_BYTES = 2 * 1024 * 1024;

/** An exchange in full, its secrets covered. Throws {@link NoAnswer} when it is not there. */
export function exchangeDetail(stored: StoredExchange | undefined, id: number): Detail {
  if (stored === undefined) throw new NoAnswer(404, `there is no exchange ${id}, or not any more`);
  const light = { ...stored, request: lightened(stored.request), response: lightened(stored.response) };
  const { request, response, interim, fields } = shownExchange(light, false);
  const facts = shownFacts({
    ...stored,
    bytes: stored.request.bodyBytes + (stored.response?.bodyBytes ?? 0),
    requestHead: stored.request.head,
    responseHead: stored.response?.head ?? null,
  });
  return {
    ...facts,
    notes: [...facts.notes, ...bodyNotes('request', stored.request), ...bodyNotes('answer', stored.response)],
    source: printable(stored.source),
    client: stored.client,
    upstream: printable(stored.upstream),
    verdict: stored.verdict,
    endedAfterMs: stored.endedAfterUs / 1000,
    request: shown(request),
    // Interim heads come before the head of the answer, as they crossed.
    response: response && shown(response, interim),
    decoded: shownFields(fields),
    refusals: stored.refusals.map(({ reason, detail }) => ({
      reason: printable(reason),
      detail: printable(detail),
    })),
  };
}

function shownFields(fields: ShownExchange['fields']): Detail['decoded'] {
  const shown = fields.slice(0, MOST_FIELDS).map(({ name, text }) => ({
    name: printable(name),
    text: printable(text.length > MOST_FIELD_TEXT ? `${text.slice(0, MOST_FIELD_TEXT)}…` : text),
  }));
  const more = fields.length - shown.length;
  return more === 0 ? shown : [...shown, { name: '…', text: `${more} more` }];
}

/** The message, without a body that is too large for a page. */
function lightened<M extends RawMessage | null>(message: M): M {
  const isHeavy = message !== null && message.body.length > MOST_BODY_BYTES;
  return isHeavy ? { ...message, body: message.body.subarray(0, 0), complete: false } : message;
}

function bodyNotes(what: string, message: RawMessage | null): string[] {
  if (message === null) return [];
  const { body, bodyBytes } = message;
  const notes: string[] = [];
  if (body.length < bodyBytes) notes.push(`${what}: ${body.length} of ${bodyBytes} bytes of the body kept`);
  if (body.length > MOST_BODY_BYTES) {
    notes.push(`${what}: its body is too large for this page; scaletap exchanges show has it`);
  }
  return notes;
}

function shown(
  { message, opened, covered }: ShownMessage,
  interim: Uint8Array = new Uint8Array(0),
): Detail['request'] {
  const { head, body, bodyBytes, complete } = message;
  return {
    head: bytesText(interim) + bytesText(head),
    ...(covered ? { body: null, bodyHex: null } : shownBody(body)),
    ...{ bodyBytes, complete, opened, covered },
  };
}
