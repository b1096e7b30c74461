import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Status, StatusSources } from '../../src/web/status.js';
import { promptly, statusOf } from '../../src/web/status.js';
import { storeWith } from './statuses.js';

const hangs = () => new Promise<never>(() => {});

function sources(given: Partial<StatusSources> = {}): StatusSources {
  return {
    version: '1.2.3',
    scales: [],
    phones: [],
    mode: () => 'live',
    breakers: () => new Map([['scalews.withings.net', true]]),
    deaf: async () => null,
    isOpen: () => true,
    store: async () => storeWith({ lastExchangeUs: 7 }),
    ...given,
  };
}

describe('the status', () => {
  test('has what all parts tell, and the process itself', async () => {
    const status = await statusOf(sources())();
    expect(status).toMatchObject({
      version: '1.2.3',
      mode: 'live',
      deaf: null,
      store: { lastExchangeUs: 7 },
    });
    expect(status.breakers.get('scalews.withings.net')).toBe(true);
    expect(status.residentBytes).toBeGreaterThan(1_000_000);
    expect(status.startedS).toBeGreaterThan(Date.now() / 1000 - 86_400);
    expect(status.startedS).toBeLessThan(Date.now() / 1000);
  });

  test('comes though nothing answers', async () => {
    const status = await statusOf(sources({ store: hangs, deaf: hangs }))();
    expect(status).toMatchObject({ store: 'silent', deaf: null });
  });

  test('of a store that gives up is that it is silent', async () => {
    expect((await statusOf(sources({ store: async () => undefined }))()).store).toBe('silent');
  });

  test('does not ask a store that is not open', async () => {
    const store = () => Promise.reject(new Error('it was asked'));
    expect((await statusOf(sources({ isOpen: () => false, store }))()).store).toBe('opening');
  });

  test('is found out once for all who ask at a time, and anew for those who ask later', async () => {
    let asked = 0;
    const status = statusOf(sources({ store: async () => storeWith({ lastExchangeUs: ++asked }) }));
    await Promise.all(Array.from({ length: 50 }, status));
    expect(asked).toBe(1);
    await sleep(600);
    expect((await status()).store).toMatchObject({ lastExchangeUs: 2 });
  });
});

describe('the status at once', () => {
  test('is the one before while another does not come, and the other from then on', async () => {
    const answers: ((status: Status) => void)[] = [];
    const status = promptly(() => new Promise((resolve) => answers.push(resolve)));
    const made = (version: string) => statusOf(sources({ version }))();
    const first = status();
    answers[0]?.(await made('1'));
    expect((await first).version).toBe('1');
    expect((await status()).version).toBe('1');
    answers[1]?.(await made('2'));
    await sleep(0);
    expect((await status()).version).toBe('2');
  });

  test('is waited for when there was none before', async () => {
    const status = promptly(statusOf(sources({ store: hangs })));
    expect((await status()).store).toBe('silent');
  });
});
