import { describe, expect, test } from 'vitest';
import type { RawMessage } from '../../src/model/exchange.js';
import { content } from '../../src/model/message.js';
import { withings } from '../../src/vendors/withings/index.js';
import type { Failure } from '../../src/wire/stand-in.js';
import { capture, message } from '../transfer/exchanges.js';
import { captured, Deciding, everyFailure, inSession, portal, reply, sessionOf } from './deciding.js';

/**
 * An order to load firmware, to change server or secret does not reach a scale, in whichever mode its session reply
 * is upstream's: it is taken out, or the whole reply is withheld. A withheld reply counts as one that is not the
 * protocol; where that is no failure the client is refused, and never gets it. --allow-firmware lets all pass.
 */

const text = (raw: Uint8Array | undefined) => Buffer.from(raw ?? []).toString('latin1');

const { challenge, open, measure, close } = captured;
const ordered = capture('session-with-firmware-url.json').toString('latin1').trim();
const plain = text(content(open.response ?? message('')));

/** A session reply in the framing of the captured one. */
function chunked(json: string): RawMessage {
  const head = Buffer.from(open.response?.head ?? []).toString('latin1');
  return message(head, `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`);
}

const firmware = chunked(ordered);
/** What may hold an order and cannot be taken apart. */
const dark = [
  ['that is coded', reply(ordered, '200 OK', 'Content-Encoding: gzip\r\n')],
  ['that is cut', { ...firmware, body: firmware.body.subarray(0, 20) }],
  ['that cannot be framed', { ...firmware, complete: false }],
  ['that is not JSON', reply(`${ordered}}`)],
] as const;

const warnings = ({ logged }: Deciding) => logged.filter((line) => line.startsWith('warn'));

describe.each(['auto', 'live'] as const)('mode %s', (mode) => {
  test('an order is taken out, and said; the session is upstream’s', async () => {
    const room = new Deciding({ mode });
    const { how, response } = await room.ask(open.request, firmware);
    expect(how).toBe('changed (orders-removed)');
    expect(text(content(response ?? message('')))).toBe(plain);
    expect(text(response?.body)).not.toContain('blc');
    expect(warnings(room)).toEqual([
      'warn orders of scalews.withings.net were taken out of its answer: ' +
        'firmware http://fw.withings.net/wbs03_211.bin; --allow-firmware would let them pass',
    ]);
    room.owing.add('withings 00:24:e4:00:00:01');
    const id = sessionOf(response);
    await room.live({ ...close, request: inSession(id, close) });
    expect(room.visits).toMatchObject([{ session: id }]);
  });

  test('a reply without orders passes as it came', async () => {
    const room = new Deciding({ mode });
    const answer = chunked(plain);
    expect(await room.ask(open.request, answer)).toEqual({ how: 'passed', response: answer });
    expect(warnings(room)).toEqual([]);
  });

  test.each([['orders', firmware] as const, ...dark])(
    'with --allow-firmware a reply with %s passes if it is the protocol',
    async (_what, answer) => {
      const room = new Deciding({ mode, allowFirmware: true, failOn: new Set() });
      expect(await room.ask(open.request, answer)).toEqual({ how: 'passed', response: answer });
      expect(warnings(room)).toEqual([]);
    },
  );

  test('other endpoints give no orders, and are let alone', async () => {
    const room = new Deciding({ mode });
    for (const { request } of [challenge, measure]) {
      const answer = reply('{"status":0,"body":{"once":"a-b","blc":"x"}}');
      const { how, response } = await room.ask(request, answer);
      expect([how, response]).toEqual([mode === 'live' ? 'relayed' : 'passed', answer]);
    }
  });
});

describe('a reply is withheld', () => {
  test.each(dark)('%s: in mode auto we answer instead', async (_what, answer) => {
    const room = new Deciding();
    const { how, response } = await room.ask(open.request, answer);
    expect(how).toMatch(/^ours \((answer-withheld|not-protocol)\)$/);
    expect(sessionOf(response)).not.toBe('');
    expect(text(response?.body)).not.toContain('blc');
    expect(await room.live(measure)).toBe('ours (own-session)');
  });

  test.each(dark)('%s: where it is no failure in mode auto, the client is refused', async (_what, answer) => {
    const others = new Set<Failure>(everyFailure);
    others.delete('not-protocol');
    const room = new Deciding({ failOn: others });
    expect(await room.ask(open.request, answer)).toEqual({
      how: 'refused (answer-withheld)',
      response: null,
    });
    expect(warnings(room)).toEqual([expect.stringMatching(/ may hold orders and is withheld \(the reply /)]);
  });

  test.each(dark)('%s: in mode live the client is refused', async (_what, answer) => {
    const room = new Deciding({ mode: 'live' });
    expect(await room.ask(open.request, answer)).toEqual({
      how: 'refused (answer-withheld)',
      response: null,
    });
    expect(warnings(room)).toHaveLength(1);
  });

  test('one that is the protocol, but is coded, is a failure by that name and opens the breaker', async () => {
    const room = new Deciding();
    // Judged by itself it is fine: it is the guard that cannot see into it.
    const answer = message(
      'HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 12\r\n\r\n',
      '{"status":0}',
    );
    expect(withings.judge(close.request, answer)).toMatchObject({ good: true });
    expect(await room.ask(close.request, answer)).toMatchObject({ how: 'ours (answer-withheld)' });
    expect(await room.live(challenge)).toBe('ours (upstream-down)');
  });
});

test('what is wrong and holds orders loses them where it is no failure', async () => {
  const room = new Deciding({ failOn: new Set() });
  const answer = reply(ordered, '503 Service Unavailable');
  const { how, response } = await room.ask(open.request, answer);
  expect(how).toBe('changed (orders-removed)');
  expect(text(response?.body)).toBe(plain);
});

test('a page that has nothing of an order in it passes in mode live', async () => {
  const room = new Deciding({ mode: 'live' });
  expect(await room.ask(open.request, portal)).toEqual({ how: 'passed', response: portal });
});
