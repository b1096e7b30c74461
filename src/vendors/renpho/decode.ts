import { printable } from '../../model/escape.js';
import type { Exchange } from '../../model/exchange.js';
import { type Kind, labelOf, unitOf, unitSymbols } from '../../model/quantity.js';
import { quote } from '../quote.js';
import type { DecodedField } from '../vendor.js';
import { codeInWords } from './codes.js';
import { type RenphoExchange, renphoExchange } from './exchange.js';
import { measurements } from './fields.js';
import { girths, isGirths } from './girths.js';
import { numberOf, textOf } from './json.js';
import { Refusals } from './refusals.js';
import { type Row, rowsOf, secondsOf } from './rows.js';
import { headersOf, paramsOf } from './session.js';
import { accountOf } from './weigh-ins.js';

/** Of a weigh-in with eight electrodes there are more; readings have them all. */
const MOST_NUMBERS = 60;

/** An exchange in decoded fields: whose it is, what the cloud said of it, what rows there are, and the first of them. */
export function decodeExchange(exchange: Exchange): DecodedField[] {
  const renpho = renphoExchange(exchange);
  const { api, code } = renpho;
  const fields = [plain('api', api === 'new' ? 'new (Renpho Health)' : 'old (the classic app)')];
  const account = accountOf(renpho);
  if (account !== null) fields.push(plain('account', account));
  const session = sessionOf(renpho);
  if (session !== undefined) fields.push({ ...plain('session', session), secret: true });
  if (code !== null) fields.push(plain('code', codeInWords(code)));
  return [...fields, ...rowFields(renpho)];
}

function plain(name: string, text: string): DecodedField {
  return { name: printable(name), text: printable(text), secret: false };
}

/** The token or key as it stands in the request. */
function sessionOf({ api, exchange }: RenphoExchange): string | undefined {
  const [pairs, wanted] =
    api === 'new'
      ? [headersOf(exchange.request.head), 'token']
      : [paramsOf(exchange.request), 'terminal_user_session_key'];
  return pairs.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

function rowFields(renpho: RenphoExchange): DecodedField[] {
  const { rows, deleted } = rowsOf(renpho);
  const weighIns = rows.filter(({ json }) => (numberOf(json.weight) ?? 0) > 0);
  const tapes = rows.filter(({ json }) => isGirths(json));
  return [
    ...counted('weigh-ins', weighIns),
    ...counted('girths', tapes),
    ...(deleted.length === 0 ? [] : [plain('deleted', String(deleted.length))]),
    ...first('first weigh-in', weighIns[0], measurements),
    ...first('first girths', tapes[0], girths),
  ];
}

/** `3 sent, 100 received`. */
function counted(name: string, rows: readonly Row[]): DecodedField[] {
  const sent = rows.filter(({ uploaded }) => uploaded).length;
  const parts = [
    sent === 0 ? [] : `${sent} sent`,
    rows.length === sent ? [] : `${rows.length - sent} received`,
  ];
  return rows.length === 0 ? [] : [plain(name, parts.flat().join(', '))];
}

/** When, whose, and each number with its label and unit; what was not measured is left out. */
function first(title: string, row: Row | undefined, numbersIn: typeof measurements): DecodedField[] {
  if (row === undefined) return [];
  const { json } = row;
  const seconds = secondsOf(json);
  const time = seconds === undefined ? quote(json.timeStamp ?? json.time_stamp) : instantText(seconds);
  const fields = [plain(title, time)];
  for (const name of ['id', 'bUserId', 'b_user_id', 'subUserId', 'userId', 'user_id']) {
    const id = textOf(json[name]);
    if (id !== undefined) fields.push(plain(name, id));
  }
  for (const name of ['mac', 'scaleName', 'scale_name']) {
    const text = json[name];
    if (typeof text === 'string' && text !== '') fields.push(plain(name, text));
  }
  const numbers = [...numbersIn(json, new Refusals([]))];
  return [...fields, ...numbers.slice(0, MOST_NUMBERS).map(([kind, value]) => numberField(kind, value))];
}

function numberField(kind: Kind, value: number): DecodedField {
  return plain(labelOf(kind), `${value} ${unitSymbols[unitOf(kind)]}`.trimEnd());
}

function instantText(seconds: number): string {
  return `${seconds} (${new Date(seconds * 1000).toISOString()})`;
}
