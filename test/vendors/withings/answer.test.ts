import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { content, header, parseHead } from '../../../src/model/message.js';
import { sessionHash } from '../../../src/vendors/withings/hash.js';
import { parseOnce, parseReply, parseSession } from '../../servers/ws30-parser.js';
import { House, mac, nowMs } from './answering.js';
import {
  type Capture,
  captures,
  exchangesOf,
  lines,
  message,
  post,
  refused,
  requestHead,
  text,
} from './exchanges.js';

const measures = 'measures=[{"value":80,"type":1,"unit":0}]';
const measure = `action=store&sessionid=s1&macaddress=${mac}&userid=7&meastime=1399999980&${measures}`;
const secret = '0123456789abcdef';

/** A house that has seen a capture. */
function seen(capture: Capture): House {
  const house = new House();
  house.memory.play(exchangesOf(capture));
  return house;
}

/** At the time that the server said in its reply. */
function timeOf({ response }: Exchange): number {
  return Date.parse(header(parseHead(response?.head ?? new Uint8Array(0)).headers, 'date') ?? '');
}

const whole = (raw: Exchange['response']) => text(raw?.head) + text(raw?.body);

describe.each(captures)('after %s', (capture) => {
  test('all but once, session and what was no good answer is said again to the byte', () => {
    const house = seen(capture);
    const again = exchangesOf(capture).filter(({ response }) => {
      const json = text(content(response ?? message('', '')));
      return !/"once"|"sessionid"|"status":[^0]/.test(json);
    });
    expect(again.length).toBeGreaterThanOrEqual(2);
    for (const exchange of again) {
      house.told = { nowMs: timeOf(exchange) };
      expect(whole(house.answer(exchange)?.response ?? null)).toBe(whole(exchange.response));
    }
  });

  test('once and session have the same head, a number of their own, and are as the scale wants them', () => {
    const house = seen(capture);
    const [once, session] = exchangesOf(capture);
    if (once === undefined || session === undefined) throw new Error('a capture begins with both');
    house.told = { nowMs: timeOf(once) };
    const [ourOnce, ourSession] = [house.answer(once), house.answer(session)];
    expect(text(ourOnce?.response.head)).toBe(text(once.response?.head));
    expect(text(ourSession?.response.head)).toBe(text(session.response?.head));
    const number = parseOnce(Buffer.from(content(ourOnce?.response ?? message('', ''))));
    const time = Math.floor(timeOf(once) / 100_000).toString(16);
    expect(number).toBe(`00${time}-50515253`);
    const said = parseSession(Buffer.from(content(ourSession?.response ?? message('', ''))));
    expect(said).toMatchObject({ orders: [], utc: timeOf(once) / 1000 });
    expect(said.ind?.stp).toBe(0);
  });
});

test('the session of a WS-30 that was seen a day before', () => {
  const house = seen('ws30-update2.http');
  const answer = house.answer(post('session', `action=new&auth=${mac}&hash=0`, null));
  const json =
    '{"status":0,"body":{"sessionid":"5617-56ee90c0-54555657","sp":{"users":[{"id":1744475,"sn":"MIC","wt":77.11,' +
    '"ht":1.727,"agt":23.8,"sx":0,"fm":3,"cr":1363702686,"att":0}]},"ind":{"lg":"en_GB","imt":1,"stp":0,"f":0,' +
    '"g":97918},"syp":{"utc":1458475200},"ctp":{"goff":3600,"dst":1459040400,"ngoff":7200}}}';
  expect(text(answer?.response.head)).toBe(
    'HTTP/1.1 200 OK\r\nDate: Sun, 20 Mar 2016 12:00:00 GMT\r\nServer: Apache\r\nX-WI-SRV: FR-EQX-WEB-10\r\n' +
      'Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, POST, OPTIONS\r\n' +
      'Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Headers: Content-Type, *\r\n' +
      'Vary: Accept-Encoding\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n',
  );
  expect(text(answer?.response.body)).toBe(`${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`);
  expect(answer?.acknowledges).toBe(false);
});

test('a scale that was never seen gets the head that is built in', () => {
  const house = new House();
  expect(text(house.answer(post('once', 'action=get', null))?.response.head)).toBe(
    'HTTP/1.1 200 OK\r\nDate: Sun, 20 Mar 2016 12:00:00 GMT\r\nServer: Apache\r\n' +
      'X-Powered-By: PHP/5.3.10-1ubuntu3.2\r\nX-WI-SRV: FR-EQX-WEB-09\r\nVary: Accept-Encoding\r\n' +
      'Content-Length: 48\r\nContent-Type: text/plain\r\n\r\n',
  );
  expect(text(house.answer(post('measure', measure, null))?.response.head)).toBe(
    'HTTP/1.1 200 OK\r\nDate: Sun, 20 Mar 2016 12:00:00 GMT\r\nServer: Apache\r\nX-WI-SRV: FR-EQX-WEB-07\r\n' +
      'Vary: Accept-Encoding\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n',
  );
});

describe('what is said', () => {
  test.each([
    ['once', 'action=get', '{"status":0,"body":{"once":"00de8bb0-50515253"}}', false],
    ['once', 'action=probe', '{"status":0}', false],
    ['once', 'action=other', '{"status":503}', false],
    ['once', '', '{"status":503}', false],
    ['session', 'action=delete&sessionid=unknown', '{"status":0}', false],
    ['session', 'action=delete', '{"status":0}', false],
    ['session', 'action=old', '{"status":503}', false],
    ['session', 'action=new', '{"status":503}', false],
    ['session', 'action=new&auth=nobody', '{"status":503}', false],
    ['maint', 'action=store&sessionid=s1&source=1&type=1&data=ffff', '{"status":0}', false],
    ['maint', 'action=store&sessionid=s1&source=4&type=9&data=hello', '{"status":0}', false],
    ['measure', measure, '{"status":0}', true],
    ['measure', measure.replace('action=store&', ''), '{"status":0}', true],
    ['measure', measure.replace('sessionid=s1', 'sessionid=unknown'), '{"status":0}', true],
    ['measure', `action=store&macaddress=${mac}&measures=hello`, '{"status":0}', true],
    ['measure', `action=store&macaddress=${mac}`, '{"status":0}', true],
    ['measure', `action=other&macaddress=${mac}&${measures}`, '{"status":0}', true],
    ['measure', `action=getmeas&macaddress=${mac}`, '{"status":503}', false],
    ['measure', `action=store&meastime=1399999980&${measures}`, '{"status":250}', false],
    ['measure', `action=store&macaddress=nobody&${measures}`, '{"status":250}', false],
    ['v2/measure', `macaddress=${mac}&measuregrps=[]`, '{"status":0}', true],
    ['v2/measure', 'measuregrps=[]', '{"status":250}', false],
    ['v2/weather', 'sessionid=s1', '{"status":0,"body":{"series":[]}}', false],
    ['association', `action=deviceassociationrequest&macaddress=${mac}`, '{"status":0}', false],
    ['association', 'action=deviceassociationenquiry&blindcode=123456', '{"status":0}', false],
    ['association', 'action=other', '{"status":503}', false],
  ])('%s %s', (path, form, json, acknowledges) => {
    expect(new House().ask(path, form)).toEqual({ json, acknowledges });
    const endpoint = path === 'once' || path === 'session' ? path : 'measure';
    expect(() => parseReply(endpoint, Buffer.from(json))).not.toThrow();
  });

  test.each(['once', 'session', 'maint', 'measure', 'v2/measure', 'v2/weather', 'association'])(
    'to %s without a readable form',
    (path) => {
      for (const body of ['hello', '%zz=1', '\xff']) {
        expect(new House().ask(path, body)).toEqual({ json: '{"status":503}', acknowledges: false });
      }
      const cut = {
        request: { ...message(requestHead(`/cgi-bin/${path}`), `macaddress=${mac}`), bodyBytes: 99 },
      };
      expect(new House().ask(path, '', cut)).toEqual({ json: '{"status":503}', acknowledges: false });
    },
  );

  test('nothing to other paths, nor to what is no post', () => {
    const house = new House();
    for (const path of ['/cgi-bin/auth', '/', '/cgi-bin/once/', '/cgi-bin/v2/device']) {
      expect(
        house.answer({ ...post('', '', null), request: message(requestHead(path), 'action=get') }),
      ).toBeNull();
    }
    const get = message('GET /cgi-bin/once?action=get HTTP/1.1\r\n\r\n', '');
    expect(house.answer({ ...post('', '', null), request: get })).toBeNull();
  });
});

describe('a learnt body', () => {
  const reply = (json: string) => `{"head":["HTTP/1.1 200 OK"],"body":${json}}`;
  const time = Math.floor(nowMs / 1000);

  test.each([
    ['{"status":0,"body":{"updatetime":1}}', `{"status":0,"body":{"updatetime":${time}}}`],
    ['{"body":{"a":[1]},"status":0}', '{"status":0,"body":{"a":[1]}}'],
    ['{"status":0,"body":{"blc":"http://x/","a":{"ws":"y","b":1}}}', '{"status":0,"body":{"a":{"b":1}}}'],
    ['{"status":1,"body":{"a":1}}', '{"status":0}'],
    ['{"status":0,"body":"a"}', '{"status":0}'],
    [`{"status":0,"body":{"a":"${'x'.repeat(192)}"}}`, `{"status":0,"body":{"a":"${'x'.repeat(192)}"}}`],
    [`{"status":0,"body":{"a":"${'x'.repeat(193)}"}}`, '{"status":0}'],
    ['{', '{"status":0}'],
  ])('%s', (learnt, said) => {
    expect(new House({ 'reply.measure': reply(learnt) }).ask('measure', measure).json).toBe(said);
  });

  test('is not used when it needs the time, and the time is not known', () => {
    const house = new House({ 'reply.measure': reply('{"status":0,"body":{"updatetime":1}}') });
    house.told = { clockIsRight: false };
    expect(house.ask('measure', measure).json).toBe('{"status":0}');
  });

  test('of the weather has no forecast of another day', () => {
    const house = new House({ 'reply.v2-weather': reply('{"status":0,"body":{"series":[1,2],"unit":3}}') });
    house.memory.play([post('session', `action=new&auth=${mac}`, null)]);
    expect(house.ask('v2/weather', '').json).toBe('{"status":0,"body":{"series":[],"unit":3}}');
  });
});

describe('a disk that cannot be written', () => {
  test('lets the scale keep its measures, and nothing else is another', () => {
    const house = new House();
    house.told = { canKeep: false };
    expect(house.ask('measure', measure)).toEqual({ json: '{"status":519}', acknowledges: false });
    expect(house.ask('v2/measure', measure)).toEqual({ json: '{"status":519}', acknowledges: false });
    expect(house.ask('session', 'action=delete&sessionid=s1').json).toBe('{"status":0}');
    expect(house.session().sessionid).toMatch(/^\d{4}-[0-9a-f]{8}-[0-9a-f]{8}$/);
  });
});

describe('identity', () => {
  /** Asks for a session as the scale with a secret would, and for what comes after. */
  function visit(house: House, with_: string): { session: string; id: string; hash: string } {
    const { once } = (JSON.parse(house.ask('once', 'action=get').json) as { body: { once: string } }).body;
    const hash = sessionHash(mac, with_, once);
    const session = house.ask('session', `action=new&auth=${mac}&hash=${hash}&batterylvl=50`).json;
    return { session, id: /"sessionid":"([^"]+)"/.exec(session)?.[1] ?? 'none', hash };
  }

  function strict(values: Record<string, string>): House {
    const house = new House(values);
    house.told = { requireAuth: true };
    return house;
  }

  test('a session whose hash is verified is opened, and takes measures on any connection', () => {
    const house = strict({ secret });
    const { id } = visit(house, secret);
    expect(id).not.toBe('none');
    const form = measure.replace('sessionid=s1', `sessionid=${id}`);
    expect(house.ask('measure', form, { connection: 'c9' })).toEqual({
      json: '{"status":0}',
      acknowledges: true,
    });
    expect(house.ask('measure', form.replace('store', 'store&x=1')).json).toBe('{"status":0}');
  });

  test.each([
    ['another secret', { secret }, 'fedcba9876543210'],
    ['a secret that is not known', {}, secret],
  ])('one with %s is not', (_, values, own) => {
    const house = strict(values as Record<string, string>);
    expect(visit(house, own).session).toBe('{"status":100}');
    expect(house.ask('measure', measure)).toEqual({ json: '{"status":250}', acknowledges: false });
  });

  test('a verified session takes no measures of another device', () => {
    const house = strict({ secret });
    const { id } = visit(house, secret);
    const form = measure.replace('sessionid=s1', `sessionid=${id}`).replace(mac, '00:24:e4:00:00:99');
    expect(house.ask('measure', form).json).toBe('{"status":250}');
  });

  test('a hash is good for one once only', () => {
    const house = strict({ secret });
    const { hash } = visit(house, secret);
    house.told = { ...house.told, random: new Uint8Array(16) };
    house.ask('once', 'action=get');
    expect(house.ask('session', `action=new&auth=${mac}&hash=${hash}`).json).toBe('{"status":100}');
  });

  test('what is turned away leaves no readings', () => {
    const ours = { answered: 'replayed' } as const;
    const found = strict({ secret }).memory.play([
      post('session', `action=new&auth=${mac}&hash=0&batterylvl=50`, '{"status":100}', ours),
      post('measure', measure, '{"status":250}', ours),
    ]);
    expect(found.flatMap(lines)).toEqual([]);
    expect(found.flatMap(refused)).toEqual(['turned-away: the session is not verified']);
    expect(found.map(({ device }) => device)).toEqual([mac, mac]);
  });

  test('unless it is required, a session that fails is opened and its readings are marked', () => {
    const house = new House({ secret });
    const { id } = visit(house, 'fedcba9876543210');
    const form = measure.replace('sessionid=s1', `sessionid=${id}`);
    const [found] = house.memory.play([post('measure', form, '{"status":0}', { answered: 'replayed' })]);
    expect(lines(found)).toEqual(['weight 80 kg 2014-05-13T16:53:00.000Z 7 [replayed unverified]']);
  });

  test.each([
    ['asked for, none known', { 'learn-secret': '1' }, secret, 1],
    ['asked for, and known', { 'learn-secret': '1', secret }, secret, 0],
    ['asked for, and another one known', { 'learn-secret': '1', secret }, 'fedcba9876543210', 1],
    ['asked for before', { 'learn-secret': '' }, secret, 0],
    ['not asked for', {}, secret, 0],
  ])('a secret that is %s', (_, values, own, stp) => {
    const house = new House({ gravity: '97918', ...values });
    expect(JSON.parse(visit(house, own).session)).toMatchObject({ body: { ind: { stp } } });
  });
});

test('what was answered by us is marked, and its times are not ours', () => {
  const house = new House({ gravity: '97918' });
  house.told = { nowMs: 1_400_000_100_000 };
  const ask = (path: string, form: string) => {
    const exchange: Exchange = { ...post(path, form, null), answered: 'replayed' };
    const response = house.answer(exchange)?.response ?? null;
    return house.memory.play([{ ...exchange, response }])[0];
  };
  ask('once', 'action=get');
  const opened = ask('session', `action=new&auth=${mac}&hash=0&batterylvl=97&currentfw=211`);
  expect(opened?.verdict).toBe('unchecked');
  expect(lines(opened)).toEqual([
    'battery 97 pct 2014-05-13T16:53:20.000Z nobody [replayed arrival-time]',
    'firmware 211  2014-05-13T16:53:20.000Z nobody [replayed arrival-time]',
  ]);
  // A measure without an address has the device of its session.
  const id = opened?.notes
    .map(([key]) => key)
    .find((key) => key.startsWith('session:'))
    ?.slice(8);
  const found = ask('measure', measure.replace(`macaddress=${mac}&`, '').replace('=s1', `=${id}`));
  expect(lines(found)).toEqual(['weight 80 kg 2014-05-13T16:53:00.000Z 7 [replayed]']);
});

test('in a visit of our own battery and firmware are no news', () => {
  const form = `action=new&auth=${mac}&hash=0&batterylvl=97&currentfw=211`;
  const reply = '{"status":0,"body":{"sessionid":"s1","sp":{"users":[]}}}';
  const [found] = new House().memory.play([post('session', form, reply, { source: 'catch-up' })]);
  expect(found?.readings).toEqual([]);
  expect(found?.values.map(({ name }) => name)).toEqual(['session', 'users', 'reply.session']);
});
