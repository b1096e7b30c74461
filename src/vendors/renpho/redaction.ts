import type { Exchange, RawMessage } from '../../model/exchange.js';
import { Form, type FormField, isClean, parseForm } from '../form.js';
import type { Range } from '../json-text.js';
import { contentOf, hasChunkedBody, isCut, pathOf, targetOf, view } from '../raw.js';
import { codings } from '../reframe.js';
import { rawRanges } from '../spans.js';
import type { SecretSpan } from '../vendor.js';
import { isKnownPath } from './endpoints.js';
import { parseJson } from './json.js';
import { isSecretText, type JsonSpan, jsonSpans, type SecretTests } from './json-spans.js';
import { looksSecret, secretNames } from './secret-names.js';
import { headersOf, paramsOf } from './session.js';

/** What covers a bare JSON value, so that it is JSON afterwards: stars would not be, and a number may not begin with 0. */
const ONE = 0x31;

/** A session's token is looked for everywhere, if it is so long that it cannot be there by chance. */
const SHORTEST_TOKEN = 8;

type Part = Omit<SecretSpan, 'message'>;

/**
 * Where the secrets of an opened exchange are. Names decide: in the query, the headers, forms, and JSON at any depth,
 * also in a field of a form. JSON stays JSON where it can, so that an export gives the same readings again. What cannot
 * be read is a secret as a whole: a body that was cut, that could not be decompressed, or that is neither JSON nor a
 * form.
 */
export function secretSpans(exchange: Exchange): SecretSpan[] {
  const { request, response } = exchange;
  const tests = testsFor(exchange);
  const spans: SecretSpan[] = [
    ...headSecrets(request.head, tests).map((part) => ({ message: 'request' as const, ...part })),
    ...bodySecrets(request, tests, true).map((part) => ({ message: 'request' as const, ...part })),
  ];
  // An error of our own making is no secret.
  if (response === null || exchange.answered === 'refused') return spans;
  return [
    ...spans,
    ...headSecrets(response.head, tests).map((part) => ({ message: 'response' as const, ...part })),
    ...bodySecrets(response, tests, false).map((part) => ({ message: 'response' as const, ...part })),
  ];
}

/** What is secret in an exchange: by name, and the texts that are, wherever they turn up. */
function testsFor({ request }: Exchange): SecretTests {
  const tokens = [
    ...headersOf(request.head).flatMap(([name, value]) => (name.toLowerCase() === 'token' ? [value] : [])),
    ...paramsOf(request).flatMap(([name, value]) => (name === 'terminal_user_session_key' ? [value] : [])),
  ].filter((token) => token.length >= SHORTEST_TOKEN);
  const name = secretNames(isKnownPath(pathOf(targetOf(request.head))));
  return {
    name,
    text: (text) => looksSecret(text, name) || tokens.some((token) => text.includes(token)),
  };
}

function bodySecrets(message: RawMessage, tests: SecretTests, mayBeForm: boolean): Part[] {
  if (message.body.length === 0) return [];
  const text = contentOf(message).toString('latin1');
  const closed = isCut(message) || hasChunkedBody(message.head) || isCoded(message.head);
  const found = closed
    ? undefined
    : (jsonParts(text, tests) ?? (mayBeForm ? formParts(text, tests) : undefined));
  if (found !== undefined) return found;
  return rawRanges(message, [[0, text.length]]).map(([from, to]) => ({ part: 'body', from, to }));
}

/** Whether the body is still compressed. */
function isCoded(head: Uint8Array): boolean {
  return codings(head, 'content-encoding').some((coding) => coding !== 'identity');
}

/** Undefined unless it is an object or a list: nothing stands beside a bare text to tell what it is. */
function jsonParts(text: string, tests: SecretTests): Part[] | undefined {
  const json = parseJson(text);
  if (typeof json !== 'object' || json === null) return undefined;
  return jsonSpans(text, tests).map((span) => jsonPart(span));
}

function jsonPart({ from, to, bare }: JsonSpan): Part {
  return { part: 'body', from, to, ...(bare && { cover: ONE }) };
}

function formParts(text: string, tests: SecretTests): Part[] | undefined {
  const form = parseForm(text);
  if (!(form instanceof Form) || !isClean(text, form)) return undefined;
  return form.fields.flatMap((field) => fieldParts(form, field, tests));
}

/** The value of a secret field as a whole; of JSON in a field, what is secret in it. */
function fieldParts(form: Form, field: FormField, tests: SecretTests): Part[] {
  const { name, from, to } = field;
  const whole: Part[] = from < to ? [{ part: 'body', from, to }] : [];
  const value = form.value(field) ?? '';
  if (tests.name(name) || isWrappedField(name, value)) return whole;
  if (!isSecretText(value, tests)) return [];
  // Of JSON only what is secret in it, so that its weigh-ins can be read all the same.
  const { text, starts } = percentDecoded(form.raw(field));
  if (!/^\s*[[{]/.test(text) || parseJson(text) === undefined) return whole;
  return jsonSpans(text, tests).map((span) => {
    const at = (index: number): number => from + (starts[index] ?? to - from);
    return jsonPart({ ...span, from: at(span.from), to: at(span.to) });
  });
}

/** What the new API wraps, sent as a form. */
function isWrappedField(name: string, value: string): boolean {
  return (name === 'encryptData' || name === 'data') && !/^[\d :.-]{0,32}$/.test(value);
}

/** A percent-encoded text with one character a byte, and where each of them starts in it. It must be well-formed. */
function percentDecoded(raw: string): { readonly text: string; readonly starts: readonly number[] } {
  const bytes: string[] = [];
  const starts: number[] = [];
  for (let at = 0; at < raw.length; at++) {
    starts.push(at);
    const char = raw[at] ?? '';
    if (char === '%') {
      bytes.push(String.fromCharCode(Number.parseInt(raw.slice(at + 1, at + 3), 16)));
      at += 2;
    } else bytes.push(char === '+' ? ' ' : char);
  }
  return { text: bytes.join(''), starts };
}

/** In the request target, and in the headers whose name or value is secret. */
function headSecrets(head: Uint8Array, tests: SecretTests): Part[] {
  const text = view(head).toString('latin1');
  const ranges: Range[] = [];
  for (let from = 0; from < text.length; ) {
    const lf = text.indexOf('\n', from);
    const next = lf < 0 ? text.length : lf + 1;
    const end = lf < 0 ? next : lf - (text[lf - 1] === '\r' ? 1 : 0);
    const line = text.slice(from, end);
    const found = from === 0 ? startSecrets(line, tests) : headerSecrets(line, tests);
    for (const [start, stop] of found) ranges.push([from + start, from + stop]);
    from = next;
  }
  return ranges.filter(([from, to]) => from < to).map(([from, to]) => ({ part: 'head', from, to }));
}

function headerSecrets(line: string, tests: SecretTests): Range[] {
  const name = /^([^\s:]+):[ \t]*/.exec(line);
  // What is no header may be the rest of one.
  if (name === null) return [[0, line.length]];
  const from = name[0].length;
  const value = line.slice(from);
  if (/^https?:/i.test(value)) return targetSecrets(line, from, line.length, tests);
  return tests.name(name[1] ?? '') || isSecretText(value, tests) ? [[from, line.length]] : [];
}

/** Of a start line: what is between its two spaces. The line of an answer has nothing to hide but what looks so. */
function startSecrets(line: string, tests: SecretTests): Range[] {
  if (/^HTTP\/\d\.\d /.test(line)) return tests.text(line) ? [[13, line.length]] : [];
  const from = line.indexOf(' ') + 1;
  const space = line.indexOf(' ', from);
  return targetSecrets(line, from, space < 0 ? line.length : space, tests);
}

/** The secret values of a URL's query, or all of that when it is no form; a path that has such a text in it. */
function targetSecrets(line: string, from: number, to: number, tests: SecretTests): Range[] {
  const mark = line.indexOf('?', from);
  const end = mark < 0 || mark >= to ? to : mark;
  const path = pathSecrets(line.slice(from, end), tests).map(([a, b]): Range => [from + a, from + b]);
  if (end === to) return path;
  const query = end + 1;
  const form = parseForm(line.slice(query, to));
  if (!(form instanceof Form)) return [...path, [query, to]];
  const fields = form.fields.filter((field) => {
    const value = form.value(field);
    return tests.name(field.name) || value === undefined || isSecretText(value, tests);
  });
  return [...path, ...fields.map((field): Range => [query + field.from, query + field.to])];
}

/** The segments of a path that are secret texts, or digits and letters as of a key that nobody could read aloud. */
function pathSecrets(path: string, tests: SecretTests): Range[] {
  return [...path.matchAll(/[^/]+/g)].flatMap(({ index, 0: segment }): Range[] => {
    const isKey = /^(?=.*[a-f])(?=.*\d)[\da-f-]{16,}$/i.test(segment);
    const isMixed = /^(?=(?:\D*\d){2})(?=.*[A-Z])(?=.*[a-z])[\w+=.~-]{20,}$/.test(segment);
    return isKey || isMixed || tests.text(segment) ? [[index, index + segment.length]] : [];
  });
}
