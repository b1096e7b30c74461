import { expect, test } from 'vitest';
import { Cloud } from '../../src/pull/http.js';
import { Polite } from '../../src/pull/polite.js';
import { exchange, message } from '../transfer/exchanges.js';
import { quick } from './pulling.js';

const request = { method: 'GET', target: '/', headers: [], body: null } as const;

/** A cloud that gives these header lines with every answer, without a network. */
function answering(lines: string): Cloud {
  const cloud = Object.create(Cloud.prototype) as Cloud;
  const answer = message(`HTTP/1.1 503 X\r\n${lines}\r\n\r\n`);
  cloud.exchange = async () => exchange({ request: message('GET / HTTP/1.1\r\n\r\n'), response: answer });
  return cloud;
}

const again = () => ({ kind: 'again', why: 'trouble' }) as const;

async function pausesWith(lines: string): Promise<readonly number[]> {
  const pacing = quick();
  const polite = new Polite(answering(lines), 'host', pacing, new AbortController().signal);
  await expect(polite.ask(request, again, 2)).rejects.toThrow(/trouble/);
  return pacing.pauses;
}

test('Retry-After is a number of seconds, or a date by the clock of the server', async () => {
  expect(await pausesWith('Retry-After: 60')).toEqual([60_000]);
  const dated = 'Date: Sat, 31 Jan 2026 06:30:00 GMT\r\nRetry-After: Sat, 31 Jan 2026 06:32:00 GMT';
  expect(await pausesWith(dated)).toEqual([120_000]);
});

test.each(['X: y', 'Retry-After: soon', 'Retry-After: -5', 'Retry-After: Sat, 31 Jan 2026 06:32:00 GMT'])(
  '%j asks for no time, so it is our own',
  async (lines) => {
    expect(await pausesWith(lines)).toEqual([3_000]);
  },
);

test('nothing is asked when it is to end', async () => {
  const polite = new Polite(answering('X: y'), 'host', quick(), AbortSignal.abort());
  await expect(polite.ask(request, again)).rejects.toMatchObject({ end: 'closed' });
  expect(polite.requests).toBe(0);
});
