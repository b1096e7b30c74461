import type { Exchange, RawMessage } from '../../model/exchange.js';
import { Form, type FormField, isClean, parseForm } from '../form.js';
import type { Range } from '../json-text.js';
import { contentOf, isCut, pathOf, targetOf, view } from '../raw.js';
import { merge, rawRanges } from '../spans.js';
import type { SecretSpan } from '../vendor.js';
import { endpoints, MAINT } from './endpoints.js';
import { parseJson } from './json.js';
import { jsonSecrets } from './json-secrets.js';
import { isConfiguration } from './maint.js';
import { readHex, walkTlv } from './tlv.js';
import { recordSecret } from './tlv-records.js';

/**
 * Where the secrets of an exchange are. What cannot be read is a secret as a whole: a body that was cut, that
 * is not a form (requests) or not JSON (replies), whatever its encoding; an unknown record of a maint post;
 * maint data from where its records stop making sense.
 */
export function secretSpans(exchange: Exchange): SecretSpan[] {
  const { request, response } = exchange;
  const path = pathOf(targetOf(request.head));
  const secret = secretNames(path);
  const maint = path === MAINT;
  const spans = [
    ...toSpans('request', 'head', headSecrets(request.head)),
    ...toSpans(
      'request',
      'body',
      bodySecrets(request, (text) => formSecrets(text, secret, maint)),
    ),
  ];
  // An error of our own making is no secret.
  if (response === null || exchange.answered === 'refused') return spans;
  return [
    ...spans,
    ...toSpans('response', 'head', headSecrets(response.head)),
    ...toSpans(
      'response',
      'body',
      bodySecrets(response, (text) => replySecrets(text, secret)),
    ),
  ];
}

/** The test for secret names in an exchange of a path. */
export function secretNames(path: string): (name: string) => boolean {
  return endpoints.has(path) ? isSecretName : isSecretNameAnywhere;
}

/** Names of fields and JSON members that hold secrets wherever they turn up, in lower case letters. */
function isSecretName(name: string): boolean {
  return /^(?:sessionid|kl|klsecret)$|pass|pwd|secret|token|cookie/.test(plain(name));
}

/** On a path that we know nothing of, anything that sounds like one, and the data of a post. */
function isSecretNameAnywhere(name: string): boolean {
  return isSecretName(name) || /^data$|session|hash|key|auth|code|nonce|sign|challenge|psk/.test(plain(name));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}

function toSpans(message: SecretSpan['message'], part: SecretSpan['part'], ranges: Range[]): SecretSpan[] {
  return ranges.map(([from, to]) => ({ message, part, from, to }));
}

/** Ranges of a body's content by `find`; all of it when that gives undefined or the body is not whole. */
function bodySecrets(message: RawMessage, find: (text: string) => Range[] | undefined): Range[] {
  if (message.body.length === 0) return [];
  const text = contentOf(message).toString('latin1');
  const found = isCut(message) ? undefined : find(text);
  return rawRanges(message, found ?? [[0, text.length]]);
}

function replySecrets(text: string, secret: (name: string) => boolean): Range[] | undefined {
  return parseJson(text) === undefined ? undefined : jsonSecrets(text, secret);
}

function formSecrets(text: string, secret: (name: string) => boolean, maint: boolean): Range[] | undefined {
  const form = parseForm(text);
  if (!(form instanceof Form) || !isClean(text, form)) return undefined;
  return form.fields.flatMap((field) => {
    if (maint && field.name === 'data') return dataSecrets(form, field);
    return secret(field.name) ? [[field.from, field.to]] : [];
  });
}

/** The secret digits of a maint post, if it is a scale's configuration and in plain hex; else all of it. */
function dataSecrets(form: Form, field: FormField): Range[] {
  if (!isConfiguration(form)) return [[field.from, field.to]];
  const digits = form.raw(field);
  const { bytes } = readHex(digits);
  const ranges: Range[] = [];
  const end = walkTlv(bytes, (type, from, to) => {
    const range = recordSecret(type, bytes.subarray(from, to));
    if (range !== null) ranges.push([2 * (from + range[0]), 2 * (from + range[1])]);
  });
  ranges.push([2 * end, digits.length]);
  return ranges.map(([from, to]) => [field.from + from, field.from + to]);
}

const secretHeaders = /^(?:cookie|set-cookie|authorization|proxy-authorization)$/i;

/** Session ids in the request target, and the headers that a browser or app would carry secrets in. */
function headSecrets(head: Uint8Array): Range[] {
  const text = view(head).toString('latin1');
  const ranges = targetSecrets(text.slice(0, lineEnd(text, 0)));
  for (let from = lineEnd(text, 0) + 1; from < text.length; ) {
    const to = lineEnd(text, from);
    const colon = text.indexOf(':', from);
    if (colon > from && colon < to && secretHeaders.test(text.slice(from, colon).trim())) {
      const start = colon + 1 + (/^[ \t]*/.exec(text.slice(colon + 1, to))?.[0].length ?? 0);
      ranges.push([start, text[to - 1] === '\r' ? to - 1 : to]);
    }
    from = to + 1;
  }
  return merge(ranges);
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** The query of a start line: its secret values, or all of it when it is no form. */
function targetSecrets(line: string): Range[] {
  const query = line.indexOf('?') + 1;
  if (query === 0) return [];
  const end = line.slice(query).search(/\s/);
  const to = end < 0 ? line.length : query + end;
  const form = parseForm(line.slice(query, to));
  if (!(form instanceof Form)) return [[query, to]];
  return form.fields
    .filter((field) => isSecretNameAnywhere(field.name))
    .map((field) => [query + field.from, query + field.to]);
}
