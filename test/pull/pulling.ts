import { onTestFinished } from 'vitest';
import type { PullPlace } from '../../src/pull/place.js';
import type { Pacing } from '../../src/pull/polite.js';
import { reachOf } from '../../src/pull/reach.js';
import type { PullOptions, PullResult, Reach } from '../../src/pull/renpho.js';
import { pullRenpho } from '../../src/pull/renpho.js';
import { Store } from '../../src/store/store.js';
import { renpho } from '../../src/vendors/renpho/index.js';
import type { RenphoSession } from '../../src/vendors/renpho/session.js';
import { upstreamContext } from '../../src/wire/upstream-context.js';
import { newCall, oldCall } from '../servers/renpho-app.js';
import type { Account } from '../servers/renpho-books.js';
import type { RenphoCloud } from '../servers/renpho-cloud.js';
import { renphoCloud } from '../servers/renpho-cloud.js';
import { folder } from '../store/stores.js';

/** The stand-in for both clouds, for the time of a test. */
export async function cloudOfTest(manner: Parameters<RenphoCloud['manner']>[0] = {}): Promise<RenphoCloud> {
  const cloud = await renphoCloud();
  cloud.manner(manner);
  onTestFinished(() => cloud.close());
  return cloud;
}

/** A pacing that does not wait, and keeps how long it would have, in milliseconds. */
export function quick(): Pacing & { readonly pauses: number[] } {
  const pauses: number[] = [];
  return { pauses, random: () => 0.5, pause: async (ms) => void pauses.push(ms) };
}

/** The way to the stand-in, or to whatever is on a port of loopback. */
export async function reachTo(
  cloud: Pick<RenphoCloud, 'port' | 'caFile'>,
  { pacing = quick(), timeoutMs = 10_000 }: Partial<Reach> = {},
): Promise<Reach> {
  const dial = { lookUp: async () => [], connectTimeoutMs: 5_000, listeners: [] };
  const context = await upstreamContext(cloud.caFile);
  const { connect } = reachOf(dial, (host) => ({ host, address: '127.0.0.1', port: cloud.port }), context);
  return { connect, timeoutMs, pacing, signal: new AbortController().signal };
}

/** The session of the app, as it crosses. */
export function sessionOf(account: Account): RenphoSession {
  const userId = String(account.id);
  if (account.api === 'new') {
    return { api: 'new', token: account.token, userId, headers: newCall(account, '/', {}).headers };
  }
  const { headers, path } = oldCall(account, '/');
  const own = ['terminal_user_session_key', 'user_id'];
  const query = [...new URLSearchParams(path.slice(2))].filter(([name]) => !own.includes(name));
  return { api: 'old', key: account.token, userId, query, headers };
}

/** A store of the test as the place of pulls. */
export class TestPlace implements PullPlace {
  readonly store = new Store(folder(), () => renpho, { create: true });
  /** New readings that each exchange brought. */
  readonly brought: number[] = [];

  constructor() {
    onTestFinished(() => this.store.close());
  }

  async values(account: string): Promise<ReadonlyMap<string, string>> {
    return new Map(this.store.values.list({ device: account }).map(({ name, text }) => [name, text]));
  }

  async newestMs(person: string): Promise<number | null> {
    return this.store.readings.newest('renpho', person, 'weight')?.timeMs ?? null;
  }

  record(exchange: Parameters<PullPlace['record']>[0]): void {
    this.brought.push(this.store.journal.commit([exchange]).readings);
  }

  keep(account: string, name: string, text: string): void {
    this.put(account, name, text);
  }

  put(account: string | bigint, name: string, text: string): void {
    const { values } = this.store;
    values.change(() => values.put('renpho', String(account), name, text, Date.now() * 1000));
  }

  /** The cloud's ids of the weigh-ins that are held, each once for every weight that is there. */
  weighIns(): bigint[] {
    const weights = this.store.readings.list().filter(({ kind }) => kind === 'weight');
    return weights.map(({ cloudId }) => BigInt(cloudId ?? 0)).sort((a, b) => (a < b ? -1 : 1));
  }
}

/** Pulls an account with the session that its app has now. */
export async function pull(
  cloud: Pick<RenphoCloud, 'port' | 'caFile'>,
  account: Account,
  place: PullPlace,
  options: Partial<PullOptions> = {},
): Promise<PullResult> {
  const reach = await reachTo(cloud, options);
  return pullRenpho(sessionOf(account), place, { ...reach, all: false, sinceMs: null, ...options });
}

/** All weigh-ins of the books, as {@link TestPlace.weighIns} gives them. */
export function inBooks({ books }: RenphoCloud): bigint[] {
  return books.weighIns.map(({ id }) => id).sort((a, b) => (a < b ? -1 : 1));
}
