import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Exchange } from '../../../src/model/exchange.js';
import { Store } from '../../../src/store/store.js';
import { redact } from '../../../src/transfer/redact.js';
import { vendorOf } from '../../../src/vendors/index.js';
import { sessionOf } from '../../../src/vendors/renpho/session.js';
import { account, call, capture } from './calls.js';

/* What is learnt of the exchanges that are committed, as it stands in the store. */

function store(): Store {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-renpho-'));
  const opened = new Store(folder, vendorOf, { create: true });
  onTestFinished(() => {
    opened.close();
    rmSync(folder, { recursive: true });
  });
  return opened;
}

const value = (of: Store, name: string) => of.values.get('renpho', account, name);
const token = (of: Store) => {
  const session = sessionOf(value(of, 'session') ?? '');
  return session?.api === 'new' ? session.token : undefined;
};

const page = (given: string, second: number, more = {}): Exchange =>
  call(
    { path: 'x/y', token: given, got: [], ...more },
    { startedAtUs: (1_790_000_000 + second) * 1_000_000 },
  );

test('a session is kept, goes stale and is good again', () => {
  const kept = store();
  kept.journal.commit([page('first', 0), page('first', 1, { status: 401 })]);
  expect(token(kept)).toBe('first');
  expect(value(kept, 'stale')).toContain('HTTP 401');
  kept.journal.commit([page('second', 2)]);
  expect(token(kept)).toBe('second');
  expect(value(kept, 'stale')).toBeUndefined();
});

test('neither an older exchange nor a covered one takes its place', () => {
  const kept = store();
  kept.journal.commit([page('second', 10)]);
  kept.journal.commit([page('first', 5)], { dedupe: true });
  kept.journal.commit([redact(page('third', 20))], { dedupe: true });
  expect(token(kept)).toBe('second');
  kept.journal.commit([page('first', 6, { status: 401 })], { dedupe: true });
  expect(value(kept, 'stale')).toBeUndefined();
  kept.journal.commit([page('second', 30, { status: 401 })]);
  kept.journal.commit([page('first', 7), page('second', 8)], { dedupe: true });
  expect(value(kept, 'stale')).toContain('HTTP 401');
});

test('readings of an export without secrets are those that are held', () => {
  const kept = store();
  const got = JSON.parse(capture('new_measurement_record_full_fixture.json'));
  const exchange = call({
    path: 'RenphoHealth/scale/queryAllMeasureDataList',
    token: 'T0ken',
    sent: {},
    got: [got],
  });
  expect(kept.journal.commit([exchange]).readings).toBeGreaterThan(10);
  expect(kept.journal.commit([redact(exchange)], { dedupe: true })).toMatchObject({
    exchanges: 1,
    readings: 0,
  });
});
