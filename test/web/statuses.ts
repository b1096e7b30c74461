import type { StoreStatus } from '../../src/recorder/messages.js';
import type { Status } from '../../src/web/status.js';

/** A scaletap that does well and has done nothing yet, but for what is given. */
export function statusWith(given: Partial<Status> = {}): Status {
  return {
    version: '1.2.3',
    scales: [{ address: '192.168.1.2', port: 80 }],
    phones: [],
    mode: 'auto',
    breakers: new Map(),
    deaf: null,
    store: storeWith(),
    startedS: 1_700_000_000.25,
    residentBytes: 50_000_000,
    ...given,
  };
}

export function storeWith(given: Partial<StoreStatus> = {}): StoreStatus {
  return { isWritable: true, lastExchangeUs: null, counts: [], sinks: [], ...given };
}
