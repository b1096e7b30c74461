import { describe, expect, test } from 'vitest';
import type { Exchange, RawMessage } from '../../src/model/exchange.js';
import { content } from '../../src/model/message.js';
import type { Person } from '../../src/model/person.js';
import { answered } from '../../src/offline/answered.js';
import type { House } from '../../src/offline/circumstances.js';
import { placeOf } from '../../src/offline/place.js';
import type { AnsweringOptions } from '../../src/recorder/answering.js';
import { Answering } from '../../src/recorder/answering.js';
import type { Store } from '../../src/store/store.js';
import { sessionHash } from '../../src/vendors/withings/hash.js';
import { canMount, fill, smallDisk } from '../e2e/small-disk.js';
import { folder, openRaw, openStore, plain, scripted } from '../store/stores.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { exchangesOf } from '../vendors/withings/exchanges.js';

/**
 * An answer of ours is made of what the store knows at that moment, and is on disk before anybody gets it. If it
 * cannot be written, the scale gets an answer that makes it keep its measures, and the exchange is handed back to be
 * recorded later.
 */

const scale = '00:24:e4:00:00:01';
const secret = '0123456789abcdef';
/** When the captures were made. */
const capturedMs = Date.UTC(2013, 2, 20);

const ada: Person = {
  ...{ name: 'Ada', shortName: 'ADA', heightM: 1.65, birthDate: '1985-12-10', sex: 'female' },
  ...{ athlete: false, weightKg: 61.5, ids: {} },
};

/** A request that is to be answered now. */
function asking(path: string, form: string, given: Partial<Exchange> = {}): Exchange {
  const startedAtUs = Date.now() * 1000;
  const times = { startedAtUs, responseAfterUs: null, endedAfterUs: 100 };
  const request = post(path, form);
  const how = { answered: 'replayed', reason: 'upstream-timeout', upstream: '', response: null } as const;
  return exchange({ request, ...times, ...how, ...given });
}

/** A measure of a minute. */
function measure(minute: number, session = 'x'): Exchange {
  const measures = encodeURIComponent('{"measures":[{"value":66850,"type":1,"unit":-3}]}');
  const who = `action=store&sessionid=${session}&macaddress=${scale}&userid=1744475&devtype=1&attribstatus=0`;
  return asking('/cgi-bin/measure', `${who}&meastime=${1_400_000_000 + 60 * minute}&measures=${measures}`);
}

/** A house with a store, and all that it has logged. */
function answering(
  given: Partial<House> & Pick<Partial<AnsweringOptions>, 'maxValueAgeMs' | 'learn'> = {},
  store = openStore(folder()),
) {
  const { maxValueAgeMs = null, learn = true, ...house } = given;
  const logged: string[] = [];
  const place = placeOf({ timeZone: 'Europe/Paris', latitude: null, altitude: 0, language: null });
  const desk = new Answering(store, {
    house: () => ({ people: [], place, requireAuth: false, ...house }),
    maxValueAgeMs,
    learn,
    log: (line) => logged.push(line),
  });
  return { desk, store, logged };
}

const text = (raw: RawMessage | undefined) => Buffer.from(raw ? content(raw) : []).toString('latin1');
const statusOf = (raw: RawMessage | undefined) => (JSON.parse(text(raw)) as { status: number }).status;
const journal = (store: Store) => [...store.journal.list()];

function opening(hash = 'f'.repeat(32)): Exchange {
  return asking('/cgi-bin/session', `action=new&auth=${scale}&hash=${hash}&mfgid=262151&currentfw=211`);
}

/** A whole visit up to the open session; `hash` as the scale makes it of the challenge. */
function visit({ desk }: { desk: Answering }, hash?: (once: string) => string) {
  const once = desk.answer(asking('/cgi-bin/once', 'action=get'));
  const challenge = /"once":"([^"]+)"/.exec(text(once?.response))?.[1] ?? '';
  const opened = desk.answer(opening(hash?.(challenge)));
  const body = text(opened?.response);
  return { once, opened, body, session: /"sessionid":"([^"]+)"/.exec(body)?.[1] ?? 'none' };
}

const proven = (once: string) => sessionHash(scale, secret, once);

describe('what is answered is kept by then', () => {
  test('a measure: the exchange, its reading, and what the cloud is owed', () => {
    const { desk, store, logged } = answering();
    const given = measure(1);
    const ours = desk.answer(given);
    expect([ours?.kept, text(ours?.response)]).toEqual([true, '{"status":0}']);
    // Another process sees it.
    const other = openStore(store.file.replace(/\/scaletap\.db$/, ''));
    const [kept] = journal(other);
    expect(kept && plain({ ...kept, responseAfterUs: null, endedAfterUs: 0 })).toEqual(
      plain({ ...given, response: ours?.response ?? null, endedAfterUs: 0 }),
    );
    expect(other.readings.list()).toMatchObject([
      { kind: 'weight', value: 66.85, person: '1744475', quality: expect.arrayContaining(['replayed']) },
    ]);
    expect(other.owed.list()).toMatchObject([{ device: scale, state: 'pending', exchange: kept?.id }]);
    expect(logged).toEqual([]);
  });

  test('a whole visit; only what the scale may forget is owed', () => {
    const house = answering();
    const { session, once, opened } = visit(house);
    house.desk.answer(measure(1, session));
    house.desk.answer(asking('/cgi-bin/session', `action=delete&sessionid=${session}`));
    expect([once?.kept, opened?.kept]).toEqual([true, true]);
    const kept = journal(house.store);
    expect(kept.map(({ label, device }) => `${label} ${device}`)).toEqual([
      'once null',
      ...[`session new ${scale}`, `measure ${scale}`, `session delete ${scale}`],
    ]);
    expect(house.store.owed.list()).toMatchObject([{ exchange: kept[2]?.id }]);
  });

  test('the same measure ten times is ten exchanges, one reading, and owed once', () => {
    const { desk, store } = answering();
    for (let count = 0; count < 10; count++) expect(desk.answer(measure(1))?.kept).toBe(true);
    expect([journal(store).length, store.readings.list().length, store.owed.list().length]).toEqual([
      10, 1, 1,
    ]);
  });
});

describe('there is no answer of ours, and nothing is kept:', () => {
  test.each([
    ['a path that no scale is known to use', asking('/cgi-bin/dream', 'action=get')],
    [
      'another host',
      { ...asking('/', ''), request: message('POST / HTTP/1.1\r\nHost: example.org\r\n\r\n') },
    ],
    [
      'a GET',
      {
        ...asking('/', ''),
        request: message('GET /cgi-bin/once HTTP/1.1\r\nHost: scalews.withings.net\r\n\r\n'),
      },
    ],
  ])('%s', (_what, given) => {
    const { desk, store } = answering();
    expect(desk.answer(given)).toBeNull();
    expect(journal(store)).toEqual([]);
  });
});

describe('it is made of what the store knows', () => {
  const learnt = (given: Parameters<typeof answering>[0] = {}) => {
    const house = answering(given);
    house.store.journal.commit(exchangesOf('ws30-update2.http'));
    return house;
  };

  test('of what was learnt from live visits', () => {
    expect(visit(learnt()).body).toMatch(/"users":\[\{"id":1744475,"sn":"MIC",.*"g":97918/);
    expect(visit(answering()).body).not.toContain('"users"');
  });

  test('of what another process has set just now', () => {
    const house = learnt();
    visit(house);
    const raw = openRaw(house.store.file);
    raw.prepare("UPDATE value SET text = '98123' WHERE name = 'gravity'").run();
    expect(text(house.desk.answer(opening())?.response)).toContain('"g":98123');
  });

  test('not of values that are too old', () => {
    const age = Date.now() - capturedMs;
    const day = 24 * 3_600_000;
    expect(visit(learnt({ maxValueAgeMs: age + day })).body).toContain('"id":1744475');
    expect(visit(learnt({ maxValueAgeMs: age - day })).body).not.toContain('1744475');
  });

  test('of the newest readings', () => {
    const house = learnt();
    const { session } = visit(house, proven);
    house.desk.answer(measure(1, session));
    expect(visit(house).body).toContain('"wt":66.85');
  });

  test('of the people in the settings', () => {
    const { body } = visit(answering({ people: [ada] }));
    expect(body).toMatch(/"sn":"ADA","wt":61\.5,/);
  });

  test('of the time now, in the zone of the settings', () => {
    const before = Math.floor(Date.now() / 1000);
    const place = placeOf({ timeZone: 'Asia/Tokyo', latitude: 0, altitude: 0, language: 'ja_JP' });
    const { body } = visit(answering({ place }));
    const utc = Number(/"utc":(\d+)/.exec(body)?.[1]);
    expect(utc).toBeGreaterThanOrEqual(before);
    expect(utc).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
    expect(body).toContain('"goff":32400');
    expect(body).toContain('"lg":"ja_JP"');
    expect(body).toContain('"g":97803');
  });

  test('the hash of a session is verified with the secret that is known', () => {
    const house = learnt({ requireAuth: true });
    const forged = visit(house);
    expect(statusOf(forged.opened?.response)).toBe(100);
    const real = visit(house, proven);
    expect(statusOf(real.opened?.response)).toBe(0);
    expect(statusOf(house.desk.answer(measure(1, real.session))?.response)).toBe(0);
    const stranger = { ...measure(2, 'nobody'), connection: 'c2' };
    expect(statusOf(house.desk.answer(stranger)?.response)).toBe(250);
    // What was turned away stays with the scale.
    expect(house.store.owed.list()).toHaveLength(1);
    expect(
      journal(house.store)
        .slice(-6)
        .map(({ verdict }) => verdict),
    ).toEqual([...[null, 'failed', null, 'verified'], ...[null, null]]);
  });
});

describe('when it cannot be written', () => {
  /** Has no exchange inserted any more: a fault that no waiting helps. */
  function refusing(store: Store): () => void {
    const raw = openRaw(store.file);
    raw.exec("CREATE TRIGGER no BEFORE INSERT ON exchange BEGIN SELECT RAISE(ABORT, 'not today'); END");
    return () => raw.exec('DROP TRIGGER no');
  }

  test('a measure stays with the scale, and is handed back', () => {
    const { desk, store, logged } = answering();
    const mend = refusing(store);
    const ours = desk.answer(measure(1));
    expect([ours?.kept, statusOf(ours?.response)]).toEqual([false, 519]);
    expect([journal(store), store.readings.list(), store.owed.list()]).toEqual([[], [], []]);
    expect(logged).toEqual([
      `cannot write ${store.file}: not today, which is a fault in scaletap. Until it can, scales have to keep their measures`,
    ]);
    mend();
    expect(statusOf(desk.answer(measure(1))?.response)).toBe(0);
    expect([store.readings.list().length, store.owed.list().length]).toEqual([1, 1]);
  });

  test.each([true, false])('learn %s: what the device says of itself is learnt, or not', (learn) => {
    const house = answering({ learn });
    visit(house);
    const names = house.store.values.list().map(({ name }) => name);
    expect(names.includes('request.session')).toBe(learn);
  });

  test('what comes too late for whoever waited is not kept, and not owed', () => {
    const { desk, store, logged } = answering();
    let asked = 0;
    const late = () => {
      asked++;
      return false;
    };
    expect(desk.answer(measure(1), late)).toBeNull();
    expect([asked, journal(store), store.readings.list(), store.owed.list()]).toEqual([1, [], [], []]);
    expect(logged).toEqual([]);
    expect(desk.answer(measure(1), () => true)?.kept).toBe(true);
    expect([store.readings.list().length, store.owed.list().length]).toEqual([1, 1]);
  });

  test('what a scale does not forget by it is answered as ever', () => {
    const house = answering();
    house.store.journal.commit(exchangesOf('ws30-update2.http'));
    refusing(house.store);
    const { once, opened, body } = visit(house);
    expect([once?.kept, opened?.kept]).toEqual([false, false]);
    expect(body).toContain('"id":1744475');
  });

  test.skipIf(!canMount())('on a full disk it is no fault of ours; with space again all is well', () => {
    const disk = smallDisk();
    const { desk, store, logged } = answering({}, openStore(disk));
    expect(desk.answer(measure(0))?.kept).toBe(true);
    const makeSpace = fill(disk);
    let minute = 0;
    // The last free pages of files that are there take some more.
    while (desk.answer(measure(++minute))?.kept) expect(minute).toBeLessThan(1_000);
    const ours = desk.answer(measure(minute));
    expect([ours?.kept, statusOf(ours?.response)]).toEqual([false, 519]);
    expect(logged).toContainEqual(
      expect.stringMatching(
        /^cannot write .*scaletap\.db: .*full\. Until it can, scales have to keep their measures$/,
      ),
    );
    expect(store.readings.list()).toHaveLength(minute);
    makeSpace();
    expect(desk.answer(measure(minute))?.kept).toBe(true);
    expect(store.readings.list()).toHaveLength(minute + 1);
  });

  test('what is neither trouble nor a fault of the store is not hidden', () => {
    const broken = openStore(
      folder(),
      scripted(() => ({})),
    );
    Object.defineProperty(broken.journal, 'commit', {
      value: () => {
        throw 'no error at all';
      },
    });
    expect(() => answering({}, broken).desk.answer(measure(1))).toThrow('no error at all');
  });
});

describe('an exchange with our answer', () => {
  const response = message('HTTP/1.1 200 OK\r\n\r\n', '{"status":0}');

  test('ends now, and its answer begins now', () => {
    const given = asking('/cgi-bin/once', 'action=get', { startedAtUs: (Date.now() - 2_000) * 1000 });
    const done = answered(given, response);
    expect(done).toEqual({
      ...given,
      response,
      responseAfterUs: done.endedAfterUs,
      endedAfterUs: done.endedAfterUs,
    });
    expect(done.endedAfterUs).toBeGreaterThanOrEqual(2_000_000);
  });

  test('does not end before its request, when the clock was set back', () => {
    const given = asking('/cgi-bin/once', 'action=get', { startedAtUs: (Date.now() + 3_600_000) * 1000 });
    expect(answered({ ...given, endedAfterUs: 700 }, response)).toMatchObject({
      responseAfterUs: 700,
      endedAfterUs: 700,
    });
  });

  test('keeps when the answer began, if it was seen', () => {
    const given = asking('/cgi-bin/once', 'action=get', { responseAfterUs: 5 });
    expect(answered(given, response).responseAfterUs).toBe(5);
  });
});
