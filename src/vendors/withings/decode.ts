import { printable } from '../../model/escape.js';
import type { Exchange, RawMessage } from '../../model/exchange.js';
import { Form, type FormField, isClean, parseForm } from '../form.js';
import { quote } from '../quote.js';
import { contentOf, isCut, pathOf, targetOf } from '../raw.js';
import type { DecodedField } from '../vendor.js';
import { MAINT } from './endpoints.js';
import { isObject, member, parseJson } from './json.js';
import { isConfiguration } from './maint.js';
import { measureType } from './measure-types.js';
import { secretNames } from './redaction.js';
import { statusText } from './status.js';
import { readHex, walkTlv } from './tlv.js';
import { recordName, recordParts } from './tlv-records.js';
import { unitTypeName } from './unit-types.js';

/** An exchange in decoded fields: the request's, then those of the reply. What cannot be read says so. */
export function decodeExchange(exchange: Exchange): DecodedField[] {
  const path = pathOf(targetOf(exchange.request.head));
  const isSecret = secretNames(path);
  const request = decodeRequest(exchange.request, path, isSecret);
  if (exchange.response === null || exchange.answered === 'refused') return request;
  return [...request, ...decodeReply(exchange.response, isSecret)];
}

type SecretTest = (name: string) => boolean;

function open(name: string, text: string): DecodedField {
  return { name: printable(name), text: printable(text), secret: false };
}

function decodeRequest(request: RawMessage, path: string, isSecret: SecretTest): DecodedField[] {
  if (request.body.length === 0) return [];
  if (isCut(request)) return [open('request', 'body-cut')];
  const text = contentOf(request).toString('latin1');
  const form = parseForm(text);
  if (!(form instanceof Form)) return [open('request', form)];
  const fields = form.fields.flatMap((field) => decodeField(form, field, path, isSecret));
  // Of a body that redaction covers as a whole nothing is open.
  return isClean(text, form) ? fields : fields.map((field) => ({ ...field, secret: true }));
}

function decodeField(form: Form, field: FormField, path: string, isSecret: SecretTest): DecodedField[] {
  const { name } = field;
  const value = form.value(field);
  if (value === undefined) return [open(name, 'bad-percent-encoding')];
  if (path === MAINT && name === 'data') {
    return isConfiguration(form) ? decodeData(value) : [{ ...open(name, value), secret: true }];
  }
  if (name === 'measures' || name === 'measuregrps') return decodeMeasures(name, value);
  if (name === 'meastime' && /^\d{1,12}$/.test(value)) return [open(name, instantText(Number(value)))];
  return [{ ...open(name, value), secret: isSecret(name) }];
}

/** The records of a maint post, by section: 1 is the factory bank, 2 what the scale runs with. */
function decodeData(digits: string): DecodedField[] {
  const { bytes, whole } = readHex(digits);
  const fields: DecodedField[] = [];
  const end = walkTlv(bytes, (type, from, to, section) => {
    for (const { text, secret } of recordParts(type, bytes.subarray(from, to))) {
      fields.push({ name: `section ${section} ${recordName(type)}`, text, secret });
    }
  });
  if (!whole) fields.push(open('data', 'bad-hex'));
  else if (end < bytes.length) fields.push(open('data', 'tlv-overrun'));
  return fields;
}

/** One field a measure, whichever of the shapes it is in; the rest of a group as it stands. */
function decodeMeasures(name: string, text: string): DecodedField[] {
  const json = parseJson(text);
  const list = Array.isArray(json) ? json : member(json, name);
  if (!Array.isArray(list)) return [open(name, text)];
  return list.flatMap((item: unknown, index) => {
    const where = `${name}[${index}]`;
    const measures = member(item, 'measures');
    if (!Array.isArray(measures)) return [open(where, measureText(item))];
    return [
      open(`${where}.meastime`, instantText(member(item, 'meastime'))),
      ...measures.map((measure, i) => open(`${where}.measures[${i}]`, measureText(measure))),
    ];
  });
}

/** `1 WEIGHT 66850e-3`, as it was written; what it comes to is in the readings. */
function measureText(measure: unknown): string {
  const type = member(measure, 'type');
  if (typeof type !== 'number') return quote(measure);
  const data = member(measure, 'data');
  const name = `${type} ${measureType(type).name}`;
  if (data === undefined)
    return `${name} ${quote(member(measure, 'value'))}e${quote(member(measure, 'unit'))}`;
  const unit = member(data, 'unit');
  const value = `${quote(member(data, 'mantissa'))}e${quote(member(data, 'exponent'))}`;
  return `${name} ${value} ${typeof unit === 'number' ? unitTypeName(unit) : quote(unit)}`;
}

function instantText(seconds: unknown): string {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN);
  return Number.isNaN(date.getTime()) ? quote(seconds) : `${seconds} (${date.toISOString()})`;
}

function decodeReply(response: RawMessage, isSecret: SecretTest): DecodedField[] {
  if (response.body.length === 0) return [];
  if (isCut(response)) return [open('reply', 'body-cut')];
  const json = parseJson(contentOf(response).toString('utf8'));
  if (json === undefined) return [open('reply', 'not-json')];
  const status = member(json, 'status');
  const fields: DecodedField[] = [];
  if (typeof status === 'number') fields.push(open('status', statusText(status)));
  leaves({ fields, isSecret }, '', member(json, 'body'), false, 0);
  return fields;
}

/** Members whose names alone say little, by their paths in the body of a session reply. */
const meanings: Readonly<Record<string, string>> = {
  'ind.lg': 'language',
  'ind.imt': 'body fat measuring',
  'ind.stp': 'send configuration',
  'ind.f': 'frequency',
  'ind.g': 'gravity, 1e-4 m/s²',
  'syp.utc': 'server time',
  'syp.blc': 'firmware to install',
  'syp.sha1': 'hash of the firmware',
  'syp.ws': 'server to move to',
  'syp.kl': 'new secret',
  'ctp.goff': 'offset from UTC, s',
  'ctp.dst': 'next change of the offset',
  'ctp.ngoff': 'offset after it, s',
};

const DEEPEST = 8;

interface Leaves {
  readonly fields: DecodedField[];
  readonly isSecret: SecretTest;
}

/** Every leaf of a reply's body by its path; one user is one field. */
function leaves(into: Leaves, path: string, value: unknown, secret: boolean, depth: number): void {
  if (path === 'sp.users' && Array.isArray(value)) {
    for (const [i, user] of value.entries()) {
      const hidden = secret || (isObject(user) && Object.keys(user).some(into.isSecret));
      into.fields.push({ ...open(`user ${i + 1}`, userText(user)), secret: hidden });
    }
  } else if (depth < DEEPEST && isObject(value)) {
    for (const [name, inner] of Object.entries(value)) {
      const hidden = secret || into.isSecret(name);
      leaves(into, path === '' ? name : `${path}.${name}`, inner, hidden, depth + 1);
    }
  } else if (depth < DEEPEST && Array.isArray(value)) {
    value.forEach((inner: unknown, i) => {
      leaves(into, `${path}[${i}]`, inner, secret, depth + 1);
    });
  } else if (value !== undefined) {
    const meaning = Object.hasOwn(meanings, path) ? ` (${meanings[path]})` : '';
    const text = path === 'syp.utc' ? instantText(value) : leafText(value);
    into.fields.push({ ...open(`${path}${meaning}`, text), secret });
  }
}

function leafText(value: unknown): string {
  return typeof value === 'string' ? value : quote(value);
}

/** A user of the table as its members stand. */
function userText(user: unknown): string {
  if (!isObject(user)) return quote(user);
  return Object.entries(user)
    .map(([name, value]) => `${name} ${leafText(value)}`)
    .join(', ');
}
