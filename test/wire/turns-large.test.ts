import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Peer } from '../servers/raw.js';
import { usedBytes } from './memory.js';
import { host, ok, post } from './messages.js';
import type { RelayUnderTest } from './relay-under-test.js';
import { startRelay } from './relay-under-test.js';
import { ours, ScriptedStandIn } from './scripted-stand-in.js';

/* No request is so large that the relay has to hold much of it, whoever answers. */

const MIB = 1_048_576;
const SIZE = 96 * MIB;
const OWN = '/cgi-bin/own';
const UNDECIDED = '/cgi-bin/undecided';

let standIn: ScriptedStandIn;
let under: RelayUnderTest;

beforeEach(async () => {
  standIn = new ScriptedStandIn();
  standIn.plans = { [OWN]: { answer: 'own-session' }, [UNDECIDED]: 'undecided' };
  under = await startRelay({ standIn, maxBodyBytes: MIB });
});
afterEach(() => under.close());

/** Sends a large request, but for its last byte. Gives how much memory it has taken at most. */
async function pour(client: Peer, path: string): Promise<number> {
  const before = usedBytes();
  let most = 0;
  client.send(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${SIZE}\r\n\r\n`);
  for (let left = SIZE - 1; left > 0; ) {
    const bytes = Buffer.alloc(Math.min(left, MIB), 'a');
    left -= bytes.length;
    await new Promise((resolve) => client.socket.write(bytes, resolve));
    most = Math.max(most, usedBytes() - before);
  }
  return most;
}

it('that we answer ourselves', async () => {
  const client = await under.connect();
  expect(await pour(client, OWN)).toBeLessThan(SIZE / 2);
  client.send('z');
  await client.gets(ours('{"status":0}'));
  expect(standIn.exchanges[0]?.request).toMatchObject({ bodyBytes: SIZE, complete: true });
  client.send(post(OWN, 'n=2'));
  await client.gets(2 * ours('{"status":0}').length);
});

it('whose body would decide: it is relayed', async () => {
  standIn.wholePlan = () => {
    throw new Error('it is never whole');
  };
  const client = await under.connect();
  const poured = pour(client, UNDECIDED);
  const upstream = await under.origin.peer(0);
  let got = upstream.received.length;
  upstream.socket.removeAllListeners('data');
  const all = new Promise<void>((resolve) => {
    upstream.socket.on('data', (piece) => {
      got += piece.length;
      if (piece.at(-1) === 'z'.charCodeAt(0)) resolve();
    });
  });
  expect(await poured).toBeLessThan(SIZE / 2);
  client.send('z');
  await all;
  expect(got).toBeGreaterThan(SIZE);
  upstream.send(ok());
  await client.gets(ok());
  expect(under.faults).toEqual([]);
});
