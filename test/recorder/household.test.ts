import { describe, expect, test, vi } from 'vitest';
import type { Change } from '../../src/model/change.js';
import type { Exchange, RawMessage } from '../../src/model/exchange.js';
import { content } from '../../src/model/message.js';
import type { Person } from '../../src/model/person.js';
import { weighInId } from '../../src/model/weigh-in.js';
import { Household } from '../../src/recorder/household.js';
import { folder, openRaw, openStore } from '../store/stores.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { recorderOf } from './recorders.js';

// The people of a running house: those of the settings are in its store, and who is added there is known to its scales.

const ana: Person = {
  ...{ name: 'Ana', shortName: 'ANA', heightM: 1.72, birthDate: null, sex: 'female', athlete: false },
  ...{ weightKg: 60, ids: { withings: '1' } },
};
const facts = { shortName: 'BO', colour: null, heightM: 1.8, birthDate: null, sex: 'male', ids: [] } as const;
const addBo: Change = { change: 'add-person', person: { ...facts, name: 'Bo' } };

const scale = '00:24:e4:00:00:01';
const now = () => Date.now() * 1000;
const ours = { answered: 'replayed', reason: 'offline', upstream: '', response: null } as const;
const asked = (path: string, form: string): Exchange =>
  exchange({ request: post(path, form), startedAtUs: now(), ...ours });

/** The weigh-in of a minute, of nobody whom the scale knows. */
function weighIn(minute: number, kg: number): Exchange {
  const measures = encodeURIComponent(`{"measures":[{"value":${kg},"type":1,"unit":0}]}`);
  const who = `action=store&sessionid=1-2-3&macaddress=${scale}&devtype=1&attribstatus=0`;
  const request = post(
    '/cgi-bin/measure',
    `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`,
  );
  const response = message('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', '{"status":0}');
  return exchange({ request, response, startedAtUs: (1_400_000_000 + 60 * minute) * 1e6 });
}

/** A started recorder with Ana in its settings. */
async function house(dataDir = folder()) {
  const place = { timeZone: 'Europe/Paris', latitude: null, altitude: 0, language: null };
  const answers = { people: [ana], place, requireAuth: false, maxValueAgeMs: null };
  const { recorder, logged } = recorderOf(dataDir, { answers });
  await recorder.start();
  return { dataDir, recorder, logged, store: openStore(dataDir) };
}

/** The short names that a scale is told in a visit. */
async function told({ recorder }: Pick<Awaited<ReturnType<typeof house>>, 'recorder'>): Promise<string[]> {
  await recorder.ask({ ask: 'answer', exchange: asked('/cgi-bin/once', 'action=get') });
  const opening = `action=new&auth=${scale}&hash=${'f'.repeat(32)}&mfgid=262151&currentfw=211`;
  const answer = await recorder.ask({ ask: 'answer', exchange: asked('/cgi-bin/session', opening) });
  return [...text(answer?.response).matchAll(/"sn":"([^"]*)"/g)].map(([, name = '']) => name);
}

const text = (raw: RawMessage | undefined) => Buffer.from(raw ? content(raw) : []).toString('latin1');

describe('people', () => {
  test('of the settings are in the store', async () => {
    const { store } = await house();
    expect(store.people.list()).toMatchObject([{ key: 'ana', name: 'Ana', origin: 'settings' }]);
  });

  test('who are added are told to a scale as soon as a weight of theirs is known', async () => {
    const here = await house();
    expect(await told(here)).toEqual(['ANA']);
    expect(await here.recorder.ask({ ask: 'change', change: addBo })).toEqual({ done: true, key: 'bo' });
    expect(await told(here)).toEqual(['ANA']);
    here.recorder.record(weighIn(1, 90));
    const weights = () => here.store.readings.list().filter(({ kind }) => kind === 'weight');
    await vi.waitFor(() => expect(weights()).toHaveLength(1));
    const [first] = weights();
    if (first === undefined) throw new Error('there is one');
    const id = weighInId(first);
    const given = await here.recorder.ask({
      ask: 'change',
      change: { change: 'weigh-in', weighIn: id, owner: 'bo' },
    });
    expect(given).toEqual({ done: true, key: 'bo' });
    expect(await told(here)).toEqual(['ANA', 'BO']);
    expect(here.logged).toEqual([]);
  });

  test('are not changed by what cannot be, and whoever asked is told why', async () => {
    const { recorder } = await house();
    const change: Change = { change: 'remove-person', key: 'ana' };
    expect(await recorder.ask({ ask: 'change', change })).toMatchObject({ done: false, why: 'conflict' });
  });

  test('are not changed where the store fails, which is said', async () => {
    const { recorder, dataDir, logged } = await house();
    openRaw(`${dataDir}/scaletap.db`).exec('ALTER TABLE person RENAME TO gone');
    expect(await recorder.ask({ ask: 'change', change: addBo })).toBeUndefined();
    expect(logged).toEqual([
      expect.stringMatching(/^error the store has no answer: .*no such table: person/),
    ]);
  });
});

describe('a store that cannot be written to', () => {
  test('leaves the people of the settings known, is said once, and has them later', () => {
    const dataDir = folder();
    const store = openStore(dataDir);
    const db = openRaw(`${dataDir}/scaletap.db`);
    db.exec("CREATE TRIGGER full BEFORE INSERT ON person BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
    const logged: string[] = [];
    const household = new Household(store, [ana], (message) => logged.push(message));
    household.look();
    household.look();
    expect(household.people).toEqual([ana]);
    expect(logged).toEqual([
      expect.stringMatching(/^cannot bring the people of the settings into .*disk is full/),
    ]);
    db.exec('DROP TRIGGER full');
    household.look();
    expect(store.people.list()).toHaveLength(1);
  });

  test('another process adds somebody: known at the next look', () => {
    const dataDir = folder();
    const household = new Household(openStore(dataDir), [ana], () => undefined);
    household.look();
    openStore(dataDir).change(addBo);
    household.look();
    expect(household.people.map(({ name }) => name)).toEqual(['Ana', 'Bo']);
  });
});
