import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exchange, message, post } from '../transfer/exchanges.js';
import { captures, exchangesOf } from '../vendors/withings/exchanges.js';
import { folder, kept, openRaw, openStore, plain, scripted, storable, weight } from './stores.js';

const knock = exchange({ request: post('/cgi-bin/once', 'action=get') });

describe('the captures', () => {
  test('are in the journal with what was read in them', () => {
    const { journal, readings } = openStore(folder());
    const given = captures.flatMap(exchangesOf);
    const committed = journal.commit(given);
    expect(committed).toMatchObject({ exchanges: 24, refusals: [] });
    expect(readings.list()).toHaveLength(committed.readings);
    expect([...journal.list({ limit: 100 })].map(plain)).toEqual(given.map(plain));
    expect([...journal.list({ limit: 100 })].map(({ label }) => label)).toContain('session new');
    expect([...journal.list({ limit: 100, device: '00:24:e4:00:00:50' })]).toHaveLength(5);
  });

  test('give their readings once, however often they come', () => {
    const { journal, readings } = openStore(folder());
    const first = journal.commit(exchangesOf('ws50-weigh-in.http'));
    const again = exchangesOf('ws50-weigh-in.http').map((given) => ({
      ...given,
      startedAtUs: given.startedAtUs + 60_000_000,
    }));
    expect(journal.commit(again)).toMatchObject({ exchanges: 6, readings: 0 });
    expect(readings.list()).toHaveLength(first.readings);
    expect([...journal.list({ limit: 100 })]).toHaveLength(12);
  });
});

test('any exchange comes back byte for byte', () => {
  const { journal } = openStore(folder());
  fc.assert(
    fc.property(fc.array(storable, { minLength: 1, maxLength: 5 }), (given) => {
      journal.commit(given);
      const stored = [...journal.list({ limit: given.length })];
      expect(stored.map(plain)).toEqual(given.map(plain));
      expect(journal.get(stored[0]?.id ?? 0)).toEqual(stored[0]);
    }),
    { numRuns: 300 },
  );
});

describe('a commit', () => {
  test('is all or nothing', () => {
    const dataDir = folder();
    // A number that SQLite takes for no value.
    const broken = { ...weight(3), value: Number.NaN };
    const { journal, readings, values } = openStore(
      dataDir,
      scripted(({ startedAtUs }) => ({
        readings: startedAtUs === 3 ? [broken] : [weight(startedAtUs)],
        values: [{ device: 'scale', name: 'once', text: `once ${startedAtUs}` }],
      })),
    );
    journal.commit([{ ...knock, startedAtUs: 1 }]);
    const both = [2, 3].map((startedAtUs) => ({ ...knock, startedAtUs }));
    expect(() => journal.commit(both)).toThrow(/NOT NULL/);
    expect([...journal.list({ limit: 9 })].map(({ startedAtUs }) => startedAtUs)).toEqual([1]);
    expect(readings.list()).toEqual([kept(weight(1))]);
    expect(values.get('withings', 'scale', 'once')).toBe('once 1');
    journal.commit(both.slice(0, 1));
    expect(values.get('withings', 'scale', 'once')).toBe('once 2');
  });

  test('gives ids that rise and are never given again', () => {
    const dataDir = folder();
    const { journal } = openStore(dataDir);
    journal.commit([knock, knock]);
    const raw = openRaw(join(dataDir, 'scaletap.db'));
    raw.exec('DELETE FROM exchange');
    journal.commit([knock]);
    expect([...journal.list({ limit: 9 })].map(({ id }) => id)).toEqual([3]);
  });

  test('keeps an exchange that a vendor chokes on', () => {
    const { journal } = openStore(
      folder(),
      scripted(() => {
        throw new Error('off the end');
      }),
    );
    expect(journal.commit([knock])).toEqual({
      exchanges: 1,
      readings: 0,
      refusals: [{ reason: 'vendor-fault', detail: 'off the end' }],
    });
    const [stored] = [...journal.list({ limit: 9 })];
    expect(stored).toMatchObject({ vendor: 'withings', label: '', refusals: [{ reason: 'vendor-fault' }] });
    expect(stored && plain(stored)).toEqual(plain(knock));
  });

  test('keeps an exchange that no vendor claims', () => {
    const { journal } = openStore(folder());
    const strange = exchange({ request: message('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n') });
    journal.commit([strange]);
    expect([...journal.list({ limit: 9 })]).toMatchObject([
      { vendor: null, label: '', device: null, refusals: [] },
    ]);
  });

  test('leaves notes to later exchanges, of later commits too', () => {
    const heard: unknown[] = [];
    const { journal } = openStore(
      folder(),
      scripted(({ startedAtUs }, { note }) => {
        heard.push(note('session'));
        return { notes: [['session', `note ${startedAtUs}`]] };
      }),
    );
    journal.commit([1, 2].map((startedAtUs) => ({ ...knock, startedAtUs })));
    journal.commit([{ ...knock, startedAtUs: 3 }]);
    expect(heard).toEqual([undefined, 'note 1', 'note 2']);
  });

  test('forgets notes when there are too many', () => {
    let found = 0;
    const { journal } = openStore(
      folder(),
      scripted(({ startedAtUs }, { note }) => {
        if (startedAtUs === 0) for (let i = 1; i <= 5000; i++) if (note(String(i)) !== undefined) found++;
        return { notes: [[String(startedAtUs), 'x']] };
      }),
    );
    journal.commit(Array.from({ length: 5000 }, (_, i) => ({ ...knock, startedAtUs: i + 1 })));
    journal.commit([{ ...knock, startedAtUs: 0 }]);
    expect(found).toBe(1024);
  });
});

describe('what is there already is passed over when asked:', () => {
  const add = (given: readonly (typeof knock)[]) => {
    const { journal } = openStore(folder());
    journal.commit([knock]);
    return journal.commit(given, { dedupe: true }).exchanges;
  };

  test('the same bytes with the same start', () => {
    expect(add([knock])).toBe(0);
    expect(add([{ ...knock, source: 'a.har', connection: 'other' }])).toBe(0);
    expect(add([knock, { ...knock, startedAtUs: knock.startedAtUs + 1 }])).toBe(1);
  });

  test('not what differs in a byte', () => {
    expect(add([{ ...knock, request: post('/cgi-bin/once', 'action=got') }])).toBe(1);
    expect(add([{ ...knock, response: message('HTTP/1.1 200 OK\r\n\r\n', 'ok') }])).toBe(1);
    expect(add([{ ...knock, response: null }])).toBe(1);
  });

  test('not what another scale said in the same microsecond', () => {
    expect(add([{ ...knock, connection: 'other' }])).toBe(1);
  });

  test('with its notes, which those that follow need', () => {
    const dataDir = folder();
    const session = exchangesOf('ws50-weigh-in.http');
    const killed = openStore(dataDir);
    killed.journal.commit(session.slice(0, 2), { dedupe: true });
    killed.close();
    const { journal } = openStore(dataDir);
    expect(journal.commit(session, { dedupe: true }).exchanges).toBe(4);
    const told = [...journal.list({ limit: 9 })].map(({ label, device }) => `${label} ${device}`);
    expect(told).toContain('v2/weather 00:24:e4:00:00:50');
  });

  test('also within one commit', () => {
    const other = { ...knock, startedAtUs: 5 };
    expect(add([other, other, { ...other, startedAtUs: 6 }])).toBe(2);
  });
});

describe('the list', () => {
  /** Exchanges 1 to 4, started so many milliseconds after the epoch. */
  const startedMs = [30, 10, 20, 40];
  const journal = () => {
    const devices = scripted(({ startedAtUs }) => ({ device: startedAtUs > 15_000 ? 'young' : 'old' }));
    const store = openStore(folder(), devices);
    store.journal.commit(startedMs.map((ms) => ({ ...knock, startedAtUs: ms * 1000 })));
    return store.journal;
  };
  const ids = (list: readonly { id: number }[]) => list.map(({ id }) => id);

  test('comes by rising id, all or the newest', () => {
    const all = journal();
    expect(ids([...all.list({ limit: 9 })])).toEqual([1, 2, 3, 4]);
    expect(ids([...all.list()])).toEqual([1, 2, 3, 4]);
    expect(ids([...all.list({ limit: 2 })])).toEqual([3, 4]);
    expect(ids([...all.list({ limit: 9, after: 2 })])).toEqual([3, 4]);
    expect(ids([...all.list({ limit: 1, after: 1 })])).toEqual([4]);
  });

  test('takes filters, together too', () => {
    const all = journal();
    expect(ids([...all.list({ limit: 9, sinceMs: 20 })])).toEqual([1, 3, 4]);
    expect(ids([...all.list({ limit: 9, device: 'old' })])).toEqual([2]);
    expect(ids([...all.list({ limit: 9, device: 'young', sinceMs: 21, after: 1 })])).toEqual([4]);
    expect(ids([...all.list({ limit: 9, vendor: 'withings' })])).toHaveLength(4);
    expect(ids([...all.list({ limit: 9, vendor: 'renpho' })])).toEqual([]);
  });

  test('of one that is not there is nothing', () => {
    expect(journal().get(7)).toBeUndefined();
  });
});
