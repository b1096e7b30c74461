import { describe, expect, it } from 'vitest';
import { admit } from '../../src/wire/admission.js';
import type { HeadFacts } from '../../src/wire/head.js';
import { AllowList } from '../../src/wire/upstreams.js';

const first = { host: 'scalews.withings.net', address: null, port: 80 };
const second = { host: 'wbs.withings.net', address: null, port: 80 };
const allowList = new AllowList([first, second]);

function request(host: HeadFacts['host'], target = '/cgi-bin/once', method = 'POST'): HeadFacts {
  return { method, target, host, status: 0, contentLength: 0, transfer: 'none' };
}

describe('the first request of a connection', () => {
  it('leads where its Host says, or to the first upstream without one', () => {
    expect(admit(request('wbs.withings.net'), allowList, null)).toBe(second);
    expect(admit(request(undefined), allowList, null)).toBe(first);
    expect(admit(request('', '*', 'OPTIONS'), allowList, null)).toBe(first);
  });

  it.each([
    [request('example.com'), 'host-not-allowed', /nothing is relayed to example\.com; --upstream/],
    [request(null), 'conflicting-host', /two different Host headers/],
    [request('scalews.withings.net', 'http://scalews.withings.net/'), 'not-origin-form', /not a web proxy/],
    [
      request('scalews.withings.net', 'scalews.withings.net:443', 'CONNECT'),
      'not-origin-form',
      /not a web proxy/,
    ],
    [request('scalews.withings.net', '/', 'CONNECT'), 'not-origin-form', /not a web proxy/],
  ])('%j is refused', (facts, reason, message) => {
    expect(admit(facts, allowList, null)).toEqual({ reason, message: expect.stringMatching(message) });
  });
});

describe('a later request', () => {
  it('stays where the connection leads', () => {
    expect(admit(request('WBS.withings.net:80'), allowList, second)).toBe(second);
    expect(admit(request(undefined), allowList, second)).toBe(second);
  });

  it('cannot lead elsewhere, allowed or not', () => {
    expect(admit(request('scalews.withings.net'), allowList, second)).toEqual({
      reason: 'host-not-allowed',
      message: 'this connection leads to wbs.withings.net, not to scalews.withings.net',
    });
    expect(admit(request('example.com'), allowList, second)).toMatchObject({ reason: 'host-not-allowed' });
  });
});
