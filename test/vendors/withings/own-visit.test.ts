import { describe, expect, test } from 'vitest';
import type { RawMessage } from '../../../src/model/exchange.js';
import { sessionHash } from '../../../src/vendors/withings/hash.js';
import { judge } from '../../../src/vendors/withings/judge.js';
import { ownVisit, probe } from '../../../src/vendors/withings/own-visit.js';
import { step } from '../../../src/vendors/withings/step.js';
import { exchangesOf, Memory, message, text } from './exchanges.js';
import { readBack } from './read-back.js';

const mac = '00:24:e4:00:00:01';
const [once, opened, , , closed] = exchangesOf('ws30-association.http');
const secret = '0123456789abcdef';
const nothing = message('', '');
const asSent = text(opened?.request.body);

function known(values: Record<string, string>): Memory {
  const memory = new Memory();
  for (const [name, value] of Object.entries(values)) memory.values.set(`${mac} ${name}`, value);
  return memory;
}

const whole = (raw: RawMessage | undefined) => text(raw?.head) + text(raw?.body);
const ours = (request = asSent) => ownVisit(mac, known({ secret, 'request.session': request }));

describe('a visit as a WS-30 made it', () => {
  const replayed = ours();

  test('is the same to the byte, hash and all', () => {
    expect(whole(replayed?.challenge)).toBe(whole(once?.request));
    expect(whole(replayed?.open(once?.response ?? nothing))).toBe(whole(opened?.request));
    const session = step(closed?.request ?? nothing).session ?? '';
    expect(whole(replayed?.close(session))).toBe(whole(closed?.request));
  });

  test('has the hash of another challenge', () => {
    const other = message('HTTP/1.1 200 OK\r\n\r\n', '{"status":0,"body":{"once":"a-b"}}');
    const request = replayed?.open(other) ?? nothing;
    const hash = sessionHash(mac, secret, 'a-b');
    expect(text(request.body)).toBe(asSent.replace(/hash=[0-9a-f]+/, `hash=${hash}`));
    expect(step(request)).toEqual({ kind: 'open', device: mac, session: null });
  });
});

test.each([
  '{"status":0}',
  '{"status":100,"body":{"once":"a-b"}}',
  '{"status":0,"body":{"once":""}}',
  '<html>',
  '',
])('no session after the challenge reply %s', (reply) => {
  expect(ours()?.open(message('HTTP/1.1 200 OK\r\n\r\n', reply))).toBeUndefined();
});

test('no session after a challenge reply that is cut', () => {
  const reply = message('HTTP/1.1 200 OK\r\n\r\n', '{"status":0,"body":{"once":"a-b"}}');
  expect(ours()?.open({ ...reply, complete: false })).toBeUndefined();
});

describe('the MAC is hashed as the scale writes it', () => {
  test.each([
    ['auth=0024E4000001', '0024E4000001'],
    ['auth=00%3A24%3Ae4%3A00%3A00%3A01', mac],
  ])('%s', (field, hashed) => {
    const request = asSent.replace(`auth=${mac}`, field);
    const opening = ours(request)?.open(once?.response ?? nothing);
    const challenge = '00d016bf-242e0bb1';
    expect(text(once?.response?.body)).toContain(challenge);
    expect(text(opening?.body)).toContain(`hash=${sessionHash(hashed, secret, challenge)}&`);
  });
});

describe('no visit', () => {
  test('without the secret or without a request', () => {
    expect(ownVisit(mac, known({ 'request.session': asSent }))).toBeUndefined();
    expect(ownVisit(mac, known({ secret }))).toBeUndefined();
    expect(ownVisit('00:24:e4:00:00:02', known({ secret, 'request.session': asSent }))).toBeUndefined();
  });

  test.each([
    '',
    'no form',
    `action=delete&sessionid=1`,
    `action=new&auth=${mac}`,
    `action=new&auth=00:24:e4:00:00:02&hash=x`,
    `action=new&auth=%&hash=x`,
    `action=new&hash=x`,
    `action=new&auth=${mac}&hash=x&challenge=y`,
    `action=new&auth=${mac}&hash=x&hashmethod=2`,
  ])('from the request %s', (request) => {
    expect(ours(request)).toBeUndefined();
  });
});

test('all of it can be framed, whatever the session id', () => {
  const request = ours()?.close('a b&c\r\n\r\nd') ?? nothing;
  expect(text(readBack(request, 'request').body)).toBe('action=delete&sessionid=a%20b%26c%0D%0A%0D%0Ad');
  expect(step(request)).toEqual({ kind: 'close', device: null, session: 'a b&c\r\n\r\nd' });
});

test('a probe asks for a challenge, which the reply must have', () => {
  const request = readBack(probe('s5.withings.net'), 'request');
  expect(text(request.head)).toContain('\r\nHost: s5.withings.net\r\n');
  expect(step(request).kind).toBe('challenge');
  expect(judge(request, once?.response ?? nothing)).toMatchObject({ good: true, status: 0 });
  expect(judge(request, message('HTTP/1.1 200 OK\r\n\r\n', '{"status":0}'))).toMatchObject({ good: false });
});
