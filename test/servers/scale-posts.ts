import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { captures } from '../wire/captures.js';
import type { Message } from './incoming.js';
import { Incoming, NoMore } from './incoming.js';

/** What a scale sends, byte for byte as in the captures, and how it waits for the reply. */

/** How long libcurl waits for `100 Continue` before it sends the body all the same. */
const CONTINUE_MS = 1_000;
/** libcurl adds `Expect: 100-continue` to bodies above this. */
const EXPECT_ABOVE = 1_024;
/** What the maint post of the captures holds of the scale whose place another takes here. */
const CAPTURED = { mac: '00:24:e4:00:00:01', secret: '0123456789abcdef' };

export type Model = 'WS-30' | 'WS-50';

/** Who a scale is, for its posts. */
export interface Identity {
  readonly mac: string;
  /** 16 characters. */
  readonly secret: string;
  readonly model: Model;
}

/** A weigh-in in the store of the scale. */
export interface WeighIn {
  /** Unix time in seconds: no two of a scale have the same. */
  readonly time: number;
  readonly kg: number;
  /** Whom it may be, at most three. */
  readonly users: readonly number[];
}

export type Endpoint =
  | 'once'
  | 'session'
  | 'maint'
  | 'measure'
  | 'v2/measure'
  | 'v2/weather'
  | 'association'
  | 'delete';

/** No reply came, or half of one. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
}

/** A connection of a scale. */
export interface Line {
  readonly socket: Socket;
  readonly incoming: Incoming;
}

/** Connects as a scale does, and waits so long for more of a reply. Rejects with {@link NoReply}. */
export async function dial({ mac }: Identity, port: number, patienceMs: number): Promise<Line> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: addressOf(mac), noDelay: true });
  const incoming = new Incoming(socket, patienceMs);
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw new NoReply(`the scale cannot connect: ${String(error)}`);
  }
  return { socket, incoming };
}

/** Posts a form as libcurl in the scale does, and reads the reply. Rejects with {@link NoReply}. */
export async function post({ socket, incoming }: Line, endpoint: Endpoint, form: string): Promise<Message> {
  const path = endpoint === 'delete' ? 'session' : endpoint;
  const expects = form.length > EXPECT_ABOVE;
  const lines = [
    `POST /cgi-bin/${path} HTTP/1.1`,
    'User-Agent: Withings UserAgent',
    'Host: scalews.withings.net',
    'Accept: */*',
    `Content-Length: ${form.length}`,
    'Content-Type: application/x-www-form-urlencoded',
    ...(expects ? ['Expect: 100-continue'] : []),
  ];
  const head = `${lines.join('\r\n')}\r\n\r\n`;
  try {
    socket.write(expects ? head : head + form);
    let final = '';
    if (expects) {
      if (await incoming.begins(CONTINUE_MS)) final = await incoming.head();
      // A server that does not want the body says so at once.
      if (final === '' || isInterim(final)) socket.write(form);
    }
    while (final === '' || isInterim(final)) final = await incoming.head();
    return await incoming.body(final);
  } catch (error) {
    if (!(error instanceof NoMore)) throw error;
    throw new NoReply(`no reply to ${endpoint}: ${error.message}, after ${JSON.stringify(incoming.rest)}`);
  }
}

/** Every scale has an address of its own, where all of 127.0.0.0/8 is this machine's. */
function addressOf(mac: string): string {
  return process.platform === 'linux' ? `127.0.1.${Number.parseInt(mac.slice(-2), 16) || 1}` : '127.0.0.1';
}

function isInterim(head: string): boolean {
  return /^HTTP\/1\.1 1\d\d /.test(head);
}

export function sessionForm({ mac, secret, model }: Identity, challenge: string): string {
  const hash = createHash('md5').update(`${mac}:${secret}:${challenge}`).digest('hex');
  const [mfgid, firmware] = model === 'WS-50' ? [131073, 1521] : [262151, 211];
  const about = `mfgid=${mfgid}&currentfw=${firmware}&batterylvl=95&duration=30&zreboot=1`;
  return `action=new&auth=${mac}&hash=${hash}&${about}`;
}

export function deleteForm(session: string): string {
  return `action=delete&sessionid=${session}`;
}

/** The post of the captures, with address and secret of another scale. */
export function maintForm({ mac, secret }: Identity, session: string): string {
  const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
  const data = capturedMaint()
    .replaceAll(hex(CAPTURED.mac), hex(mac))
    .replaceAll(hex(CAPTURED.secret), hex(secret));
  return `action=store&sessionid=${session}&source=1&type=1&data=${data}`;
}

export function measureForm({ mac, model }: Identity, session: string, { time, kg, users }: WeighIn): string {
  const weight = { value: Math.round(kg * 1000), type: 1, unit: -3 };
  const who = users.map((user) => `&userid=${user}`).join('');
  const head = `action=store&sessionid=${session}&macaddress=${mac}${who}`;
  const attribute = `devtype=1&attribstatus=${users.length > 1 ? 1 : 0}`;
  if (model === 'WS-50') {
    const measuregrps = [
      { meastime: time, measures: [weight, { value: 522, type: 16, unit: 0 }] },
      { meastime: time, measures: [{ value: 93, type: 11, unit: 0 }] },
    ];
    return `${head}&${attribute}&measuregrps=${escaped({ measuregrps })}`;
  }
  return `${head}&meastime=${time}&${attribute}&measures=${escaped({ measures: [weight] })}`;
}

/** Air of the room at these Unix times. */
export function roomForm({ mac }: Identity, session: string, times: readonly number[]): string {
  const groups = times.map((meastime) => ({
    meastime,
    measures: [
      { data: { mantissa: 202, exponent: -1, unit: 11 }, type: 12 },
      { data: { mantissa: 655, exponent: 0, unit: 12 }, type: 35 },
    ],
  }));
  const head = `action=store&sessionid=${session}&macaddress=${mac}&devtype=1`;
  return `${head}&measuregrps=${escaped(groups)}`;
}

/** JSON with everything percent-encoded that is no letter or digit, as the firmware does. */
function escaped(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^a-z0-9]/gi,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** The data of a maint post as a WS-30 sent it, in hex. */
function capturedMaint(): string {
  const capture = captures().find(({ name }) => name === 'ws30-update2.http');
  const post = capture?.steps
    .map(({ bytes }) => bytes.toString('latin1'))
    .find((text) => /&data=/.test(text));
  const data = post?.slice(post.indexOf('&data=') + '&data='.length);
  if (data === undefined) throw new Error('ws30-update2.http has no maint post');
  return data;
}
