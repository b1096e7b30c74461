import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { mac } from './answering.js';
import { exchangesOf, Memory, message, post } from './exchanges.js';

const start = 1_400_000_000_000_000;
const hourUs = 3_600_000_000;

const plain = '{"status":0}';
const opened = '{"status":0,"body":{"sessionid":"s1","sp":{"users":[]}}}';
const newForm = `action=new&auth=${mac}&hash=0`;

const withHead = (exchange: Exchange, head: string): Exchange => ({
  ...exchange,
  response: exchange.response && message(head, exchange.response.body),
});

const measure = (reply: string | null, over: Partial<Exchange> = {}) =>
  post('measure', `action=store&macaddress=${mac}&meastime=1399999980&measures=[]`, reply, over);

/** The names of the values in each exchange. */
const names = (exchanges: readonly Exchange[], memory = new Memory()) =>
  memory.play(exchanges).map(({ values }) => values.map(({ name }) => name));

const valueAfter = (exchange: Exchange, name: string, memory = new Memory()) => {
  memory.play([exchange]);
  return memory.value(mac, name);
};

describe('what is learnt from the captures', () => {
  const memory = new Memory();
  for (const capture of ['ws30-association.http', 'ws50-weigh-in.http'] as const) {
    memory.play(exchangesOf(capture));
  }

  test('the head of once, when its session tells the device', () => {
    expect(JSON.parse(memory.value(mac, 'reply.once') ?? '')).toEqual({
      head: [
        'HTTP/1.1 200 OK',
        'Date:',
        'Server: Apache',
        'X-Powered-By: PHP/5.3.10-1ubuntu3.2',
        'X-WI-SRV: FR-EQX-WEB-10',
        'Access-Control-Allow-Origin: *',
        'Access-Control-Allow-Methods: GET, POST, OPTIONS',
        'Access-Control-Allow-Credentials: true',
        'Access-Control-Allow-Headers: Content-Type, *',
        'Vary: Accept-Encoding',
        'Content-Length:',
        'Content-Type: text/plain',
      ],
    });
  });

  test('heads and bodies of all others', () => {
    const replies = [...memory.values].filter(([name]) => name.startsWith('00:24:e4:00:00:50 reply.'));
    const bodies = replies.map(([name, value]) => [
      name.slice(name.indexOf('.') + 1),
      (JSON.parse(value) as { body?: unknown }).body,
    ]);
    expect(Object.fromEntries(bodies)).toEqual({
      once: undefined,
      session: undefined,
      measure: { status: 0, body: { updatetime: 1387053020 } },
      'v2-measure': { status: 0 },
      'v2-weather': { status: 0, body: { series: [] } },
      'session-delete': { status: 0 },
    });
    expect(memory.value(mac, 'reply.maint')).toContain('"body":{"status":0}}');
  });

  test('an association is learnt when it is done', () => {
    expect(memory.value(mac, 'reply.association')).toBeUndefined();
    const done = post('association', `action=deviceassociationenquiry&macaddress=${mac}`, plain);
    expect(valueAfter(done, 'reply.association')).toContain('"body":{"status":0}}');
  });
});

describe('a session reply', () => {
  const session = (body: string) => post('session', newForm, `{"status":0,"body":${body}}`);
  const base = '"sessionid":"s1","sp":{"users":[]}';

  test.each([
    ['"ind":{"lg":"en_GB","g":97918}', { language: 'en_GB', gravity: '97918' }],
    ['"ind":{"lg":"","g":0}', {}],
    ['"ind":{"lg":7,"g":"97918"}', {}],
    ['"ind":{"g":9.79}', {}],
    ['"ind":{"h":6,"tmp":11,"w":1,"d":18}', { units: '{"tmp":11,"w":1,"h":6,"d":18}' }],
    ['"ind":{"w":2,"tmp":null}', { units: '{"w":2}' }],
    ['"ind":[]', {}],
    ['"ctp":{"goff":-14400,"dst":0,"ngoff":0}', { offsets: '{"goff":-14400,"dst":0,"ngoff":0}' }],
    ['"ctp":{"goff":-14400,"dst":0}', {}],
    ['"ctp":{"goff":"a","dst":0,"ngoff":0}', {}],
  ])('%s', (more, learnt) => {
    const [found] = new Memory().play([session(`{${base},${more}}`)]);
    const settings = (found?.values ?? []).filter(({ name }) =>
      /^(language|gravity|units|offsets)$/.test(name),
    );
    expect(Object.fromEntries(settings.map(({ name, text }) => [name, text]))).toEqual(learnt);
  });

  test('the request is learnt as it stood, whoever answered, if it was the device and was let in', () => {
    const form = `action=new&auth=${mac.toUpperCase()}&hash=0&x=%41`;
    const learnt = (reply: string, over: Partial<Exchange> = {}, secret?: string) => {
      const memory = new Memory();
      if (secret !== undefined) memory.values.set(`${mac} secret`, secret);
      const once = post('once', 'action=get', '{"status":0,"body":{"once":"o1"}}');
      memory.play([once, post('session', form, reply, over)]);
      return memory.value(mac, 'request.session');
    };
    expect(learnt(opened)).toBe(form);
    expect(learnt(opened, { answered: 'replayed' })).toBe(form);
    expect(learnt(opened, { answered: 'replayed' }, 'another')).toBeUndefined();
    // The real server let it in, so the secret that we know is the old one.
    expect(learnt(opened, {}, 'another')).toBe(form);
    expect(learnt('{"status":100}')).toBeUndefined();
    expect(learnt(opened, { source: 'catch-up' })).toBeUndefined();
    const long = post('session', `${form}&y=${'y'.repeat(1_000)}`, opened);
    expect(valueAfter(long, 'request.session')).toBeUndefined();
  });
});

describe('nothing is learnt', () => {
  const cut = (exchange: Exchange): Exchange => ({
    ...exchange,
    response: exchange.response && { ...exchange.response, complete: false },
  });

  test.each([
    ['from another status', measure('{"status":601}')],
    ['from another HTTP status', withHead(measure(plain), 'HTTP/1.1 503 Unavailable\r\n\r\n')],
    ['from a reply that is cut', cut(measure(plain))],
    ['from a page', measure('<html>')],
    ['without a reply', measure(null)],
    ['from our own answer', measure(plain, { answered: 'replayed' })],
    ['from an error of ours', measure(plain, { answered: 'refused' })],
    ['when the device is not known', post('measure', 'action=store&measures=[]', plain)],
    ['from a long body', measure(`{"status":0,"a":"${'x'.repeat(2_000)}"}`)],
    ['from a long head', withHead(measure(plain), `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(2_000)}\r\n\r\n`)],
    ['from an HTTP/1.0 head', withHead(measure(plain), 'HTTP/1.0 200 OK\r\n\r\n')],
    ['from a session without an id', post('session', newForm, plain)],
    [
      'from a session of another HTTP status',
      withHead(post('session', newForm, opened), 'HTTP/1.1 502 x\r\n\r\n'),
    ],
  ])('%s', (_, exchange) => {
    expect(names([exchange])).toEqual([[]]);
  });

  test('of a once that was not good, or that we answered', () => {
    const once = post('once', 'action=get', '{"status":0,"body":{"once":"o1"}}');
    const session = post('session', newForm, opened);
    expect(names([once, session])[1]).toContain('reply.once');
    expect(names([{ ...once, answered: 'replayed' }, session])[1]).not.toContain('reply.once');
    expect(names([withHead(once, 'HTTP/1.1 404 x\r\n\r\n'), session])[1]).not.toContain('reply.once');
    expect(names([session])[0]).not.toContain('reply.once');
  });
});

describe('a reply is learnt again', () => {
  const at = (us: number) => measure(plain, { startedAtUs: start + us });

  test('not within an hour, whatever its head', () => {
    const other = withHead(at(hourUs - 1), 'HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n');
    expect(names([at(0), at(1), other])).toEqual([['reply.measure'], [], []]);
  });

  test('after an hour, or when the clock was set back', () => {
    expect(names([at(0), at(hourUs), at(hourUs + 1)])).toEqual([['reply.measure'], ['reply.measure'], []]);
    expect(names([at(0), at(-hourUs)])).toEqual([['reply.measure'], ['reply.measure']]);
  });

  test('when it is gone', () => {
    const memory = new Memory();
    memory.play([at(0)]);
    memory.values.clear();
    expect(names([at(1)], memory)).toEqual([['reply.measure']]);
  });

  test('by device and by reply', () => {
    const other = post('v2/measure', `macaddress=${mac}&measuregrps=[]`, plain);
    const elsewhere = post('measure', 'macaddress=00:24:e4:00:00:02&measures=[]', plain);
    expect(names([at(0), other, elsewhere])).toEqual([
      ['reply.measure'],
      ['reply.v2-measure'],
      ['reply.measure'],
    ]);
  });
});
