import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import type { Reading } from '../../src/model/reading.js';
import { Store } from '../../src/store/store.js';
import { readDump } from '../../src/transfer/http-dump.js';
import { Answering } from '../../src/views/answering.js';
import { Household } from '../../src/views/household.js';
import type { ViewReply, ViewRequest } from '../../src/views/messages.js';
import { answers } from '../../src/views/shapes.js';
import { folder, openStore, scripted } from '../store/stores.js';
import { capture, exchange, post } from '../transfer/exchanges.js';

export const captures = [
  'ws30-association.http',
  'ws30-update.http',
  'ws30-update2.http',
  'ws50-weigh-in.http',
  'wbs01-weigh-in.http',
];

/** The exchanges of captures, as an import has them. */
export async function exchangesOf(...names: string[]): Promise<Exchange[]> {
  const exchanges: Exchange[] = [];
  for (const name of names) {
    const chunks = (async function* () {
      yield capture(name);
    })();
    for await (const found of readDump({ name, modifiedMs: 0, chunks })) {
      if ('problem' in found) throw new Error(`${name}: ${JSON.stringify(found.problem)}`);
      exchanges.push(found.exchange);
    }
  }
  return exchanges;
}

/** A store with all captures of scales: 24 exchanges, 22 readings. */
export async function capturedStore(dataDir = folder()): Promise<Store> {
  const store = openStore(dataDir);
  store.journal.commit(await exchangesOf(...captures));
  return store;
}

/** A store that readings are put into, each time with a new exchange. */
export function storeOf(...readings: Reading[]) {
  let found = readings;
  let count = 0;
  const dataDir = folder();
  const store = openStore(
    dataDir,
    scripted(() => ({ readings: found })),
  );
  const add = (...more: Reading[]) => {
    found = more;
    const startedAtUs = 1_767_225_600_000_000 + count++;
    store.journal.commit([exchange({ startedAtUs, request: post('/cgi-bin/once', 'action=get') })]);
  };
  if (readings.length > 0) add(...readings);
  return { store, dataDir, add };
}

/** What answers each view, by its shape; nothing more may be in it. */
const shapes = {
  people: answers.people,
  person: answers.person,
  kinds: answers.kinds,
  series: answers.series,
  'weigh-ins': answers.weighIns,
  'weigh-in': answers.weighIn,
  devices: answers.devices,
  exchanges: answers.exchanges,
  exchange: answers.exchangeDetail,
} as const;

type Shape<V extends ViewRequest['view']> = ReturnType<(typeof shapes)[V]['parse']>;

/** The answer of a reply, which must be one of 200 and have its shape. */
export function answerOf<V extends ViewRequest['view']>(view: V, { status, body }: ViewReply): Shape<V> {
  const text = Buffer.from(body).toString();
  if (status !== 200) throw new Error(`${status} ${text}`);
  return shapes[view].strict().parse(JSON.parse(text)) as Shape<V>;
}

/** Asks a store for views, by a connection of their own as the thread has it. Rejects with status and message. */
export function asker(store: Store) {
  const own = new Store(fileURLToPath(new URL('.', `file://${store.file}`)), () => undefined);
  onTestFinished(() => own.close());
  const answering = new Answering(own, new Household(own.page));
  return <R extends ViewRequest>(request: R): Shape<R['view']> =>
    answerOf<R['view']>(request.view, answering.reply(request));
}
