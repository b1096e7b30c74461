import { decimal, type Kind } from '../../model/quantity.js';
import type { ReadingDraft } from '../../model/reading.js';
import type { FormField } from '../form.js';
import { quote } from '../quote.js';
import { isObject, type JsonObject, member, parseJson } from './json.js';
import { type MeasureType, measureType, roomType } from './measure-types.js';
import { inUnitOf } from './unit-types.js';
import type { Visit } from './visit.js';

/**
 * `/cgi-bin/measure` and `/cgi-bin/v2/measure`, in the two body shapes and two ways to write a value:
 *
 *     WBS01, WS-30   macaddress&userid*&meastime&devtype&attribstatus&measures={"measures":[M]}
 *     WS-50          measuregrps={"measuregrps":[{"meastime":T,"measures":[M]}]}
 *     WS-50, v2      measuregrps=[{"meastime":T,"measures":[M]}]
 *
 *     M   {"value":66850,"type":1,"unit":-3}                                value x 10^unit, unit of the type
 *     M   {"data":{"mantissa":202,"exponent":-1,"unit":11},"type":12}       unit is a unit type, 11 = °C
 *
 * A weigh-in is read whatever the server made of it: it happened. The same goes for a post without a reply.
 */

export function readMeasure(visit: Visit): void {
  readPost(visit, measureType);
}

/** What a scale sends here is about the room that it stands in. */
export function readRoomMeasure(visit: Visit): void {
  readPost(visit, roomType);
}

interface Post {
  readonly visit: Visit;
  readonly typeOf: (code: number) => MeasureType;
  /** Device, person and quality of every reading of the post. */
  readonly base: Pick<ReadingDraft, 'device' | 'person' | 'candidates' | 'quality'>;
}

function readPost(visit: Visit, typeOf: Post['typeOf']): void {
  // An address that cannot be read is not replaced by another one.
  const device = visit.form.first('macaddress') === undefined ? visit.device : visit.mac('macaddress');
  visit.device = device;
  const fields = visit.form.fields.filter(({ name }) => name === 'measures' || name === 'measuregrps');
  if (fields.length === 0) {
    const action = visit.text('action');
    if (action === undefined || action === 'store') visit.refuse('missing-field', 'measures or measuregrps');
    return;
  }
  if (device === null) {
    visit.refuse('no-device', 'no macaddress, session or connection tells');
    return;
  }
  if (visit.turnedAway) {
    visit.refuse('turned-away', 'the session is not verified');
    return;
  }
  const post: Post = { visit, typeOf, base: { device, ...person(visit) } };
  for (const field of fields) {
    if (field.name === 'measures') readMeasures(post, field);
    else readGroups(post, field);
  }
}

const MOST_CANDIDATES = 3;

/**
 * Who it was. Firmware gives no `userid` for nobody, one for a person, two or three when it could not tell
 * (then `attribstatus` is 1).
 */
function person(visit: Visit): Pick<ReadingDraft, 'person' | 'candidates' | 'quality'> {
  const ids = new Set<string>();
  for (const field of visit.form.all('userid')) {
    const id = visit.decoded(field);
    if (id === undefined || id === '0') continue;
    if (/^\d{1,20}$/.test(id)) ids.add(id);
    else visit.refuse('bad-value', `userid is ${quote(id)}`);
  }
  if (ids.size > MOST_CANDIDATES) visit.refuse('bad-value', `${ids.size} different userid`);
  const [only] = ids;
  if (only === undefined || ids.size === 1) return { person: only ?? null };
  return { person: null, candidates: [...ids].slice(0, MOST_CANDIDATES), quality: ['ambiguous-person'] };
}

/** The field of WBS01 and WS-30, whose time is a field of its own. */
function readMeasures(post: Post, field: FormField): void {
  const { visit } = post;
  const list = listIn(visit, field);
  if (list === undefined) return;
  if (visit.form.first('meastime') === undefined) {
    visit.refuse('missing-field', 'meastime');
    return;
  }
  const seconds = visit.whole('meastime');
  const timeMs = seconds === undefined ? undefined : visit.instant(seconds, 'meastime');
  if (timeMs !== undefined) readList(post, list, timeMs, 'measures');
}

/** The field of the WS-50, whose groups have a time each. */
function readGroups(post: Post, field: FormField): void {
  const { visit } = post;
  listIn(visit, field)?.forEach((group, index) => {
    const where = `measuregrps[${index}]`;
    if (!isObject(group)) {
      visit.refuse('wrong-shape', `${where} is ${quote(group)}`);
      return;
    }
    if (group.meastime === undefined) {
      visit.refuse('missing-field', `${where}.meastime`);
      return;
    }
    const timeMs = visit.instant(group.meastime, `${where}.meastime`);
    if (timeMs !== undefined) readList(post, group.measures, timeMs, `${where}.measures`);
  });
}

/** The list of a field: its JSON, or in it the member of the field's name. */
function listIn(visit: Visit, field: FormField): readonly unknown[] | undefined {
  const text = visit.decoded(field);
  if (text === undefined) return undefined;
  const json = parseJson(text) ?? parseJson(withoutNan(text));
  const list = Array.isArray(json) ? json : member(json, field.name);
  if (json === undefined) visit.refuse('not-json', field.name);
  else if (!Array.isArray(list)) visit.refuse('wrong-shape', `${field.name} holds no list`);
  return Array.isArray(list) ? list : undefined;
}

/** JSON has no NaN, C's printf does: such a value becomes null, so that only its own measure is refused. */
function withoutNan(text: string): string {
  return text.replace(/([:[,]\s*)[-+]?(?:nan|inf(?:inity)?)(?=\s*[,}\]])/gi, '$1null');
}

function readList(post: Post, list: unknown, timeMs: number, where: string): void {
  if (!Array.isArray(list)) {
    post.visit.refuse('wrong-shape', `${where} is ${quote(list)}`);
    return;
  }
  list.forEach((measure: unknown, index) => {
    readOne(post, measure, timeMs, `${where}[${index}]`);
  });
}

function readOne({ visit, typeOf, base }: Post, measure: unknown, timeMs: number, where: string): void {
  if (!isObject(measure)) {
    visit.refuse('wrong-shape', `${where} is ${quote(measure)}`);
    return;
  }
  const code = measure.type;
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 0 || code > 0xffff) {
    visit.refuse('bad-value', `${where}.type is ${quote(code)}`);
    return;
  }
  const { kind } = typeOf(code);
  const value =
    measure.data === undefined
      ? number(visit, measure, 'value', 'unit', where)
      : withUnit(visit, measure.data, kind, `${where}.data`);
  if (value !== undefined) visit.read({ ...base, kind, value, timeMs });
}

/** The v2 way to write a value, in the unit of its kind. */
function withUnit(visit: Visit, data: unknown, kind: Kind, where: string): number | undefined {
  if (!isObject(data)) return visit.refuse('wrong-shape', `${where} is ${quote(data)}`);
  const given = number(visit, data, 'mantissa', 'exponent', where);
  if (given === undefined) return undefined;
  const value = typeof data.unit === 'number' ? inUnitOf(kind, given, data.unit) : undefined;
  return value ?? visit.refuse('unknown-unit', `${where}.unit is ${quote(data.unit)}`);
}

/** A whole number times a power of ten. */
function number(
  visit: Visit,
  from: JsonObject,
  digits: string,
  power: string,
  where: string,
): number | undefined {
  const mantissa = from[digits];
  const exponent = from[power];
  if (typeof mantissa !== 'number' || !Number.isSafeInteger(mantissa)) {
    return visit.refuse('bad-value', `${where}.${digits} is ${quote(mantissa)}`);
  }
  const value = typeof exponent === 'number' ? decimal(mantissa, exponent) : undefined;
  return value ?? visit.refuse('bad-exponent', `${where}.${power} is ${quote(exponent)}`);
}
