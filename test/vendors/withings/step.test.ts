import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { step } from '../../../src/vendors/withings/step.js';
import { captures, exchangesOf, message, post, requestHead } from './exchanges.js';

const of = (path: string, form: string) => step(post(path, form, null).request);
const mac = '00:24:e4:00:00:01';

describe('what a request wants', () => {
  test.each([
    ['once', 'action=get', 'challenge', null, null],
    ['once', 'action=probe', 'other', null, null],
    ['once', '', 'other', null, null],
    ['session', `action=new&auth=${mac}&hash=x`, 'open', mac, null],
    ['session', 'action=new&auth=00%3A24%3AE4%3A00%3A00%3A01', 'open', mac, null],
    ['session', 'action=new&auth=me', 'open', null, null],
    ['session', 'action=delete&sessionid=4-5', 'close', null, '4-5'],
    ['session', 'sessionid=4-5', 'other', null, '4-5'],
    ['measure', `action=store&sessionid=4-5&macaddress=${mac}&measures=x`, 'report', mac, '4-5'],
    ['measure', `sessionid=a%2Fb`, 'report', null, 'a/b'],
    ['measure', 'action=getmeas&sessionid=4-5', 'other', null, '4-5'],
    ['measure', 'sessionid=%zz&macaddress=%', 'report', null, null],
    ['measure', 'no form', 'report', null, null],
    ['measure', 'sessionid=', 'report', null, null],
    ['v2/measure', `sessionid=4-5&macaddress=${mac}&measuregrps=[]`, 'report', mac, '4-5'],
    ['v2/measure', '', 'report', null, null],
    ['maint', 'action=store&sessionid=4-5&data=00', 'other', null, '4-5'],
    ['association', `action=deviceassociationrequest&sessionid=4-5&macaddress=${mac}`, 'other', mac, '4-5'],
    ['v2/weather', 'sessionid=4-5', 'other', null, '4-5'],
    ['unknown', 'sessionid=4-5', 'other', null, '4-5'],
  ])('%s %s', (path, form, kind, device, session) => {
    expect(of(path, form)).toEqual({ kind, device, session });
  });

  test('the steps of real visits', () => {
    const kinds = captures.map((capture) => exchangesOf(capture).map(({ request }) => step(request).kind));
    expect(kinds.map((visit) => visit.join(' '))).toEqual([
      'challenge open other close',
      'challenge open other close',
      'challenge open other other close',
      'challenge open report report close',
      'challenge open report report other close',
    ]);
  });
});

test('of a cut body the fields that are whole count', () => {
  const whole = 'action=store&sessionid=4-5&macaddress=00:24:e4:00:00:01&measures=x';
  const at = (length: number) => {
    const request = message(requestHead('/cgi-bin/measure'), whole.slice(0, length));
    return step({ ...request, complete: false });
  };
  const sessionEnds = whole.indexOf('&macaddress');
  expect(at(0)).toEqual({ kind: 'report', device: null, session: null });
  expect(at(sessionEnds)).toEqual({ kind: 'report', device: null, session: null });
  expect(at(sessionEnds + 1)).toEqual({ kind: 'report', device: null, session: '4-5' });
  expect(at(whole.length)).toEqual({ kind: 'report', device: mac, session: '4-5' });
});

test('a cut body never tells another session or device than the whole one', () => {
  const requests = captures.flatMap(exchangesOf).map(({ request }) => request);
  fc.assert(
    fc.property(fc.constantFrom(...requests), fc.nat(4000), (request, length) => {
      const whole = step(request);
      const body = request.body.subarray(0, length % (request.body.length + 1));
      const cut = step({ ...request, body, complete: false });
      expect([null, whole.session]).toContain(cut.session);
      expect([null, whole.device]).toContain(cut.device);
      expect(['other', whole.kind]).toContain(cut.kind);
    }),
  );
});

test('any bytes give a step', () => {
  const raw = fc.uint8Array({ maxLength: 200 });
  const path = fc.constantFrom('once', 'session', 'measure', 'v2/measure', 'maint');
  fc.assert(
    fc.property(path, raw, raw, fc.boolean(), fc.boolean(), (name, head, body, known, complete) => {
      const request = message(known ? requestHead(`/cgi-bin/${name}`) : '', Buffer.from(body));
      const { kind, device, session } = step({ ...request, complete, ...(known ? {} : { head }) });
      expect(['challenge', 'open', 'report', 'close', 'other']).toContain(kind);
      expect(device === null || /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(device)).toBe(true);
      expect(session).not.toBe('');
    }),
  );
});
