import { describe, expect, test } from 'vitest';
import { nothingFound } from '../../../src/vendors/vendor.js';
import { sessionHash } from '../../../src/vendors/withings/hash.js';
import { lines, Memory, message, post, refused, requestHead } from './exchanges.js';

const mac = '00:24:e4:00:00:01';
const secret = '0123456789abcdef';
const once = '00d0177b-1360777c';
const utc = 1_399_999_990;

const onceExchange = post('once', 'action=get', `{"status":0,"body":{"once":"${once}"}}`);
const reply = `{"status":0,"body":{"sessionid":"s1","sp":{"users":[]},"syp":{"utc":${utc}}}}`;

function newForm(over: Record<string, string> = {}): string {
  const fields = {
    action: 'new',
    auth: mac,
    hash: sessionHash(mac, secret, once),
    mfgid: '262151',
    currentfw: '211',
    batterylvl: '97',
    ...over,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function knowing(known?: string): Memory {
  const memory = new Memory();
  if (known !== undefined) memory.values.set(`${mac} secret`, known);
  return memory;
}

const measure = post(
  'measure',
  'action=store&sessionid=s1&meastime=1399999980&measures=[{"value":80,"type":1,"unit":0}]',
  '{"status":0}',
);

describe('once', () => {
  test('leaves its number for the session of its connection, or of its client on another one', () => {
    const [found] = new Memory().play([onceExchange]);
    expect(found).toMatchObject({ label: 'once', device: null, verdict: null, values: [], readings: [] });
    expect(found?.notes).toMatchObject([
      ['once:c1', { once }],
      ['once@192.0.2.7', { once }],
    ]);
  });

  test('a probe leaves nothing', () => {
    const [found] = new Memory().play([post('once', 'action=probe', '{"status":0}')]);
    expect(found).toMatchObject({ label: 'once probe', notes: [], refusals: [] });
  });

  test.each([
    ['{"status":0,"body":{}}', ['wrong-shape: reply has no body.once']],
    ['{"status":0}', ['wrong-shape: reply has no body.once']],
    ['{"status":0,"body":{"once":5}}', ['wrong-shape: reply has no body.once']],
    ['{"status":601}', []],
    ['{"body":{}}', ['not-status: status is undefined']],
    ['{"status":"0"}', ['not-status: status is "0"']],
    ['{"status":0.5}', ['not-status: status is 0.5']],
    ['[0]', ['wrong-shape: reply is no object']],
    ['<html>', ['not-json: reply']],
    ['', ['not-json: reply']],
  ])('reply %s', (text, refusals) => {
    const [found] = new Memory().play([post('once', 'action=get', text)]);
    expect(found?.notes).toEqual([]);
    expect(refused(found)).toEqual(refusals);
  });
});

describe('session new', () => {
  test.each([
    ['verified', secret],
    ['failed', 'fedcba9876543210'],
    ['unchecked', undefined],
  ] as const)('%s with the secret %s', (verdict, known) => {
    const found = knowing(known).play([onceExchange, post('session', newForm(), reply), measure]);
    expect(found.map((findings) => findings.verdict)).toEqual([null, verdict, null]);
    const failed = verdict === 'failed' ? ' unverified' : '';
    expect(lines(found[1])[0]).toBe(`battery 97 pct 2014-05-13T16:53:10.000Z nobody [server-time${failed}]`);
    expect(lines(found[2])[0]).toBe(
      `weight 80 kg 2014-05-13T16:53:00.000Z nobody${verdict === 'failed' ? ' [unverified]' : ''}`,
    );
  });

  test('is checked by the once of its connection, or else by that of its client', () => {
    const session = post('session', newForm(), reply);
    const other = { ...session, connection: 'c2', client: '192.0.2.7:50000' };
    expect(knowing(secret).play([onceExchange, other])[1]?.verdict).toBe('verified');
    const stranger = { ...other, client: '192.0.2.8:49152' };
    expect(knowing(secret).play([onceExchange, stranger])[1]?.verdict).toBe('unchecked');
    const imported = { ...other, client: '' };
    expect(knowing(secret).play([{ ...onceExchange, client: '' }, imported])[1]?.verdict).toBe('unchecked');
  });

  test('is unchecked without a once, and by a method that we do not know', () => {
    const session = post('session', newForm(), reply);
    expect(knowing(secret).play([session])[0]?.verdict).toBe('unchecked');
    const challenged = post('session', newForm({ challenge: 'ab', hashmethod: '2' }), reply);
    expect(knowing(secret).play([onceExchange, challenged])[1]?.verdict).toBe('unchecked');
  });

  test.each([
    ['without a reply', null],
    ['with another status', '{"status":503}'],
    ['without a time in the reply', '{"status":0,"body":{"sessionid":"s1","sp":{"users":[]}}}'],
  ])('%s the state of the device has the time of arrival', (_, text) => {
    const found = new Memory().play([onceExchange, post('session', newForm(), text)]);
    expect(lines(found[1])).toEqual([
      'battery 97 pct 2014-05-13T16:53:20.000Z nobody [arrival-time]',
      'firmware 211  2014-05-13T16:53:20.000Z nobody [arrival-time]',
    ]);
    expect(refused(found[1])).toEqual([]);
  });

  test.each([
    ['1', 'time-too-early: syp.utc is 1'],
    ['9999999999', 'time-in-future: syp.utc is 9999999999'],
    ['"x"', 'bad-value: syp.utc is "x"'],
    ['null', 'bad-value: syp.utc is null'],
  ])('a server time of %s is not used', (time, refusal) => {
    const text = reply.replace(String(utc), time);
    const [found] = new Memory().play([post('session', newForm(), text)]);
    expect(found?.readings.map(({ quality }) => quality)).toEqual([['arrival-time'], ['arrival-time']]);
    expect(refused(found)).toEqual([refusal]);
  });

  test.each([
    [{ batterylvl: '1337' }, ['firmware'], 'bad-value: batterylvl is 1337'],
    [{ batterylvl: '-1' }, ['firmware'], 'bad-value: batterylvl is -1'],
    [{ batterylvl: '9.5' }, ['firmware'], 'bad-value: batterylvl is "9.5"'],
    [{ batterylvl: '%zz' }, ['firmware'], 'bad-percent-encoding: batterylvl'],
    [{ currentfw: 'x' }, ['battery'], 'bad-value: currentfw is "x"'],
    [{ auth: 'nobody' }, [], 'bad-value: auth is "nobody"'],
  ] as const)('%j', (over, kinds, refusal) => {
    const [found] = new Memory().play([post('session', newForm(over), reply)]);
    expect(found?.readings.map(({ kind }) => kind)).toEqual(kinds);
    expect(refused(found)).toEqual([refusal]);
  });

  test.each([
    ['action=new', ['missing-field: auth']],
    ['', ['missing-field: action']],
    ['action=old%1b', ['bad-value: action is "old\\u001b"']],
    ['hello', ['not-form-data: request body']],
  ])('form %j', (form, refusals) => {
    const [found] = new Memory().play([post('session', form, '{"status":503}')]);
    expect(refused(found)).toEqual(refusals);
    expect(found?.device).toBeNull();
  });

  test.each([
    ['{"sessionid":7}', 'wrong-shape: reply has no body.sessionid', []],
    [
      '{"sessionid":"s1"}',
      'wrong-shape: reply has no list body.sp.users',
      ['session', 'reply.session', 'request.session'],
    ],
  ])('a reply without what it must have is named: %s', (body, refusal, learnt) => {
    const [found] = new Memory().play([post('session', newForm(), `{"status":0,"body":${body}}`)]);
    expect(refused(found)).toEqual([refusal]);
    expect(found?.values.map(({ name }) => name)).toEqual(learnt);
    expect(found?.device).toBe(mac);
  });

  test('a user table nested beyond writing is refused, not thrown at', () => {
    const users = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const text = `{"status":0,"body":{"sessionid":"s1","sp":{"users":${users}}}}`;
    const [found] = new Memory().play([post('session', newForm(), text)]);
    expect(refused(found)).toEqual(['wrong-shape: reply has no list body.sp.users']);
  });
});

describe('what belongs to a session', () => {
  const opened = [onceExchange, post('session', newForm(), reply)];

  test.each([
    ['session', 'action=delete&sessionid=s1', 'session delete'],
    ['v2/weather', 'sessionid=s1', 'v2/weather'],
    ['association', 'action=deviceassociationenquiry&sessionid=s1&blindcode=123456', 'association enquiry'],
  ])('%s has the device of its session, also on another connection', (path, form, label) => {
    const found = new Memory().play([...opened, post(path, form, '{"status":0}', { connection: 'c9' })]);
    expect(found[2]).toMatchObject({ label, device: mac, refusals: [], readings: [] });
  });

  test('without a session id it has the device of its connection', () => {
    const found = new Memory().play([...opened, post('v2/weather', '', null)]);
    expect(found[2]?.device).toBe(mac);
    const elsewhere = new Memory().play([...opened, post('v2/weather', '', null, { connection: 'c9' })]);
    expect(elsewhere[2]?.device).toBeNull();
  });

  test('a note that is not ours is no session', () => {
    for (const note of [
      'x',
      '{}',
      '{"device":5}',
      'null',
      '{"device":"a","serverMs":0,"verdict":"x","proof":null}',
    ]) {
      const memory = new Memory();
      memory.notes.set('session:s1', note);
      expect(memory.play([post('v2/weather', 'sessionid=s1', null)])[0]?.device).toBeNull();
    }
  });
});

describe('what did not cross whole', () => {
  const whole = message(requestHead('/cgi-bin/once'), 'action=get');

  test.each([
    ['cut by the tap', { ...whole, bodyBytes: 11 }],
    ['cut on the way', { ...whole, complete: false }],
  ])('a request %s is not read', (_, request) => {
    const [found] = new Memory().play([{ ...onceExchange, request }]);
    expect(refused(found)).toEqual(['body-cut: request']);
    expect(found?.notes).toEqual([]);
  });

  test('a cut reply is not read', () => {
    const { response } = onceExchange;
    const [found] = new Memory().play([
      { ...onceExchange, response: response && { ...response, complete: false } },
    ]);
    expect(refused(found)).toEqual(['body-cut: reply']);
    expect(found?.notes).toEqual([]);
  });

  test('an error of our own is no reply', () => {
    const ours = message('HTTP/1.1 502 Bad Gateway\r\n\r\n', 'upstream is away');
    const [found] = new Memory().play([{ ...onceExchange, answered: 'refused', response: ours }]);
    expect(refused(found)).toEqual([]);
  });
});

test('an unknown path is only a label', () => {
  const [found] = new Memory().play([post('auth', 'action=login', '<html>')]);
  expect(found).toEqual({ label: 'unknown', ...nothingFound });
});
