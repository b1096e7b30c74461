import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { onTestFinished } from 'vitest';
import type { Exchange, RawMessage } from '../../src/model/exchange.js';
import { isOfScale } from '../../src/model/quantity.js';
import type { KeptReading, Reading, ReadingDraft } from '../../src/model/reading.js';
import { reading } from '../../src/model/reading.js';
import type { VendorOf } from '../../src/store/journal.js';
import { Store } from '../../src/store/store.js';
import { vendorOf } from '../../src/vendors/index.js';
import type { Findings, Known, OfflineVendor } from '../../src/vendors/vendor.js';
import { nothingFound } from '../../src/vendors/vendor.js';
import { anyExchange, message } from '../transfer/exchanges.js';

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'scaletap-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The store of a folder, closed after the test. */
export function openStore(dataDir: string, vendors: VendorOf = vendorOf): Store {
  const store = new Store(dataDir, vendors, { create: true });
  onTestFinished(() => store.close());
  return store;
}

/** A connection of our own to a database file, closed after the test. */
export function openRaw(file: string): Libsql.Database {
  const db = new Libsql(file);
  onTestFinished(() => {
    if (db.open) db.close();
  });
  return db;
}

/**
 * Claims everything for a vendor that finds what a test says: faults of a vendor, and readings in numbers, cannot be
 * had from a real one.
 */
export function scripted(
  read: (exchange: Exchange, known: Known) => Partial<Findings>,
  given: Partial<OfflineVendor> = {},
): VendorOf {
  const vendor: OfflineVendor = {
    name: 'withings',
    hosts: [],
    apps: [],
    values: {
      names: [],
      always: ['secret', 'learn-secret'],
      device: () => null,
      problem: () => null,
      cover: (_, text) => text,
    },
    claims: () => 2,
    read: (exchange, known) => ({
      label: 'scripted',
      ...nothingFound,
      ...read(exchange, known),
    }),
    open: (exchange) => exchange,
    secrets: () => [],
    decode: () => [],
    step: () => ({ kind: 'other', device: null, session: null }),
    judge: () => ({ good: true, status: 0, final: false, session: null }),
    guards: () => false,
    guard: () => null,
    answer: () => null,
    readdress: () => undefined,
    visit: () => undefined,
    probe: () => message(''),
    idsOf: () => new Map(),
    personName: () => null,
    ...given,
  };
  return () => vendor;
}

/** A weight of one device, `index` seconds after the first. */
export function weight(index: number, given: Partial<ReadingDraft> = {}) {
  return reading({
    vendor: 'withings',
    kind: 'weight',
    value: 60 + index / 1000,
    timeMs: 1_767_225_600_000 + 1000 * index,
    device: '00:24:e4:00:00:01',
    person: '1744475',
    ...given,
  });
}

/** A reading as it is kept when the vendor's user id alone tells whose it is, and nobody has said a name. */
export function kept(given: Reading): KeptReading {
  const { vendor, person, kind, quality } = given;
  const counts = !quality.includes('deleted');
  if (person === null || isOfScale(kind)) return { ...given, owner: null, ownedBy: null, counts };
  const owner = { key: `${vendor}-${person}`, name: `${vendor} ${person}` };
  return { ...given, owner, ownedBy: 'vendor', counts };
}

/** Any exchange whose texts have no NUL, as no text of ours has: libsql cuts a text there. */
export const storable = anyExchange.map((given) => ({
  ...given,
  connection: given.connection.replaceAll('\0', ''),
  source: given.source.replaceAll('\0', ''),
}));

/** An exchange with its bytes in a form that can be compared whatever array they are in. */
export function plain(given: Exchange) {
  const { connection, source, startedAtUs, responseAfterUs, endedAfterUs, client, upstream } = given;
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const text = (part: RawMessage | null) => part && { ...part, head: hex(part.head), body: hex(part.body) };
  return {
    ...{ connection, source, startedAtUs, responseAfterUs, endedAfterUs, client, upstream },
    ...{ answered: given.answered, reason: given.reason, interim: hex(given.interim) },
    ...{ request: text(given.request), response: text(given.response) },
  };
}
