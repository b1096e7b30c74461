import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { verdictOf } from '../../src/pull/verdict.js';
import { seal } from '../servers/renpho-envelope.js';
import { exchange, message } from '../transfer/exchanges.js';

const head = (method: string, host: string) => message(`${method} /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

function answered(api: 'old' | 'new', body: string, status = 200): Exchange {
  const request = api === 'new' ? head('POST', 'cloud.renpho.com') : head('GET', 'renpho.qnclouds.com');
  const lines = `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  return exchange({ request, response: message(lines, body) });
}

const coded = (code: number, data: string | null = null) => JSON.stringify({ code, msg: 'm', data });

describe('the new cloud', () => {
  test('what a good answer holds', () => {
    const verdict = verdictOf(answered('new', coded(101, seal('[{"id":9223372036854775806}]'))));
    expect(verdict).toEqual({ kind: 'good', got: [{ id: '9223372036854775806' }] });
  });

  test('nothing at all is a good answer too', () => {
    expect(verdictOf(answered('new', coded(101)))).toEqual({ kind: 'good', got: null });
    expect(verdictOf(answered('new', coded(101, seal(''))))).toEqual({ kind: 'good', got: null });
  });

  test('an envelope that cannot be opened is not taken for nothing', () => {
    const verdict = verdictOf(answered('new', coded(101, 'no envelope')));
    expect(verdict).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(/cannot be read \([a-z0-9-]+\)/),
    });
  });

  test.each([
    [401, 200, 'stale'],
    [403, 200, 'stale'],
    [101, 401, 'stale'],
    [101, 403, 'stale'],
    [429, 200, 'again'],
    [101, 429, 'again'],
    [500, 200, 'again'],
    [101, 503, 'again'],
    [-113, 200, 'again'],
    [20003, 200, 'refused'],
    [7, 200, 'refused'],
    [101, 404, 'refused'],
  ])('code %i with HTTP %i is %s', (code, status, kind) => {
    expect(verdictOf(answered('new', coded(code), status)).kind).toBe(kind);
  });
});

describe('the old cloud', () => {
  test.each([
    ['20000', 'good'],
    ['40302', 'stale'],
    ['500', 'again'],
    ['50000', 'refused'],
  ])('status_code %s is %s', (status_code, kind) => {
    expect(verdictOf(answered('old', JSON.stringify({ status_code, last_ary: [] }))).kind).toBe(kind);
  });
});

test.each(['', '<html>', '[]', '"101"', '{"data":""}'])('%j is not of the protocol', (body) => {
  for (const api of ['old', 'new'] as const) {
    expect(verdictOf(answered(api, body))).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('protocol'),
    });
  }
});

test('any bytes have a verdict', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 100, max: 999 }), (body, status) => {
      for (const api of ['old', 'new'] as const) {
        expect(['stale', 'again', 'refused']).toContain(verdictOf(answered(api, body, status)).kind);
      }
    }),
  );
});
