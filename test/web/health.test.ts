import { describe, expect, test } from 'vitest';
import type { DeliveryStatus } from '../../src/sinks/delivery.js';
import { healthPage } from '../../src/web/health.js';
import type { Status } from '../../src/web/status.js';
import { statusWith, storeWith } from './statuses.js';

const asked = { method: 'GET', path: '/healthz', userAgent: '' };

function told(status: Status): [number, string] {
  const { status: code, body } = healthPage(asked, status, false);
  return [code, body.toString()];
}

function json(status: Status): unknown {
  const { status: code, body } = healthPage(asked, status, true);
  return { code, ...JSON.parse(body.toString()) };
}

const failing: DeliveryStatus = {
  name: 'influx',
  state: 'waiting',
  cause: 'unreachable',
  message: 'no connection to http://user:hunter2@influx.example',
  deliveredCount: 3,
  backlog: 12,
  nextTryMs: 5,
};
const well: DeliveryStatus = { name: 'mqtt', state: 'idle', deliveredCount: 3, backlog: 0 };

describe('as text', () => {
  test.each<[string, Partial<Status>, number, string]>([
    ['all is well', {}, 200, 'ok\n'],
    ['nothing listens', { deaf: { address: '::1', port: 80 } }, 503, 'nobody answers at [::1]:80\n'],
    [
      'the store is being opened',
      { store: 'opening' },
      503,
      'the database is not open: exchanges wait in memory\n',
    ],
    ['the store hangs', { store: 'silent' }, 503, 'the thread of the store does not answer\n'],
    [
      'the store cannot be written',
      { store: storeWith({ isWritable: false }) },
      503,
      'the database cannot be written: exchanges wait in memory\n',
    ],
    [
      'two things are wrong',
      { deaf: { address: '192.0.2.1', port: 8081 }, store: 'silent' },
      503,
      'nobody answers at 192.0.2.1:8081\nthe thread of the store does not answer\n',
    ],
    [
      'a sink is in trouble, which is nothing to start again for',
      { store: storeWith({ sinks: [failing, well] }) },
      200,
      'ok\nsink influx: unreachable, 12 readings wait\n',
    ],
    [
      'a sink and the store are in trouble',
      { store: storeWith({ isWritable: false, sinks: [{ ...failing, backlog: null }] }) },
      503,
      'the database cannot be written: exchanges wait in memory\nsink influx: unreachable\n',
    ],
  ])('%s', (_, given, code, text) => {
    expect(told(statusWith(given))).toEqual([code, text]);
  });
});

describe('as JSON', () => {
  test('where it listens, store, last exchange and sinks, without what a sink has said', () => {
    const store = storeWith({ lastExchangeUs: 1_700_000_000_123_456, sinks: [failing, well] });
    const status = statusWith({ store, phones: [{ address: '::', port: 8888 }] });
    expect(json(status)).toEqual({
      code: 200,
      status: 'ok',
      problems: [],
      listening: { scales: ['192.168.1.2:80'], phones: ['[::]:8888'] },
      store: 'ok',
      lastExchange: '2023-11-14T22:13:20.123Z',
      sinks: [
        { name: 'influx', state: 'waiting', cause: 'unreachable', backlog: 12 },
        { name: 'mqtt', state: 'idle', cause: null, backlog: 0 },
      ],
    });
  });

  test('what nobody can tell is null', () => {
    expect(json(statusWith({ store: 'silent' }))).toEqual({
      code: 503,
      status: 'trouble',
      problems: ['the thread of the store does not answer'],
      listening: { scales: ['192.168.1.2:80'], phones: [] },
      store: 'silent',
      lastExchange: null,
      sinks: null,
    });
  });

  test('a store that cannot be written', () => {
    const status = statusWith({ store: storeWith({ isWritable: false }) });
    expect(json(status)).toMatchObject({ code: 503, store: 'not-writable', sinks: [] });
  });
});
