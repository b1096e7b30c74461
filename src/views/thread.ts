import { parentPort, workerData } from 'node:worker_threads';
import type { LogLevel } from '../log.js';
import { UserError } from '../model/errors.js';
import { isStoreTrouble, Store } from '../store/store.js';
import { vendorOf } from '../vendors/index.js';
import { Answering, json } from './answering.js';
import { Household } from './household.js';
import type { FromViews, ToViews, ViewReply, ViewRequest, ViewsSettings } from './messages.js';
import { nowMs } from './messages.js';
import { Watch } from './watch.js';

/**
 * The thread that reads for the page: answers what is asked, one after the other, and while somebody follows tells what
 * happens. It writes nothing.
 */

/** Whoever asks is told that the database is locked sooner than that there is no answer. */
const BUSY_MS = 1_000;
const LOOK_EVERY_MS = 250;
/** A database that cannot be read is not looked at again so soon. */
const LOOK_AGAIN_MS = 5_000;

interface Open {
  readonly store: Store;
  readonly house: Household;
  readonly answering: Answering;
}

const { dataDir } = workerData as ViewsSettings;
const port = parentPort;
if (port === null) throw new Error('this module runs as a thread only');

const post = (message: FromViews): void => port.postMessage(message);
const log = (level: LogLevel, message: string): void => post({ kind: 'log', level, message });

let opened: Open | null = null;
let looking: NodeJS.Timeout | null = null;
let watch: Watch | null = null;
let inTrouble = false;

port.on('message', (message: ToViews) => {
  switch (message.kind) {
    case 'ask':
      // Nobody waits for it any more.
      if (nowMs() > message.untilMs) break;
      post({ kind: 'reply', id: message.id, reply: reply(message.request) });
      break;
    case 'follow':
      if (looking) clearTimeout(looking);
      watch = null;
      looking = message.on ? setTimeout(look, 0) : null;
      break;
    case 'close':
      if (looking) clearTimeout(looking);
      opened?.store.close();
      port.close();
      break;
  }
});

/** The store, opened when it is first needed. Throws a {@link UserError} when it is not there or cannot be used. */
function open(): Open {
  if (opened !== null) return opened;
  const store = new Store(dataDir, vendorOf, { busyMs: BUSY_MS });
  const house = new Household(store.page);
  opened = { store, house, answering: new Answering(store, house) };
  return opened;
}

function reply(request: ViewRequest): ViewReply {
  try {
    return open().answering.reply(request);
  } catch (error) {
    if (isTrouble(error)) return json(503, { message: `nothing can be shown: ${error.message}` });
    log('error', `the view of ${request.view} failed: ${error instanceof Error ? error.stack : error}`);
    return json(503, { message: 'this cannot be shown for a fault in scaletap, which its log tells' });
  }
}

function look(): void {
  let nextMs = LOOK_EVERY_MS;
  try {
    const { house } = open();
    watch ??= new Watch(house);
    const happenings = watch.look();
    if (happenings.length > 0) post({ kind: 'happened', happenings });
    inTrouble = false;
  } catch (error) {
    if (!isTrouble(error)) throw error;
    if (!inTrouble) log('debug', `cannot look what happens: ${error.message}`);
    inTrouble = true;
    nextMs = LOOK_AGAIN_MS;
  }
  looking = setTimeout(look, nextMs);
}

/** The database's own trouble, which people are told and which may pass. */
function isTrouble(error: unknown): error is Error {
  return error instanceof UserError || isStoreTrouble(error);
}
