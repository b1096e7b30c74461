import { describe, expect, test } from 'vitest';
import { House, learntMs, mac, nowMs, person, type SessionBody } from './answering.js';

const nowS = nowMs / 1000;
const DAY_S = 86_400;

const mic = {
  id: 1744475,
  sn: 'MIC',
  wt: 77.11,
  ht: 1.727,
  agt: 20.8,
  sx: 0,
  fm: 3,
  cr: 1363702686,
  att: 0,
};

const learntSession = (body: object) => JSON.stringify({ status: 0, body: { sessionid: 'x', ...body } });
const withUsers = (...users: unknown[]) => new House({ session: learntSession({ sp: { users } }) });
const usersOf = (house: House) => house.session().sp?.users ?? [];
const reading = (value: number, daysAgo: number) => ({ value, timeMs: nowMs - daysAgo * DAY_S * 1000 + 999 });

describe('the words of the learnt reply', () => {
  const learnt = {
    mode: { deep: [1, { a: 'b' }] },
    sp: { users: [mic], more: 1 },
    ind: { g: 97918, w: 1, stp: 1, lg: 'fr_FR', imt: 0, cs: '11,6', f: 2 },
    syp: { blc: 'http://fw.withings.net/x.bin', utc: 1, ws: 'y', z: 3 },
    ctp: { ngoff: 1, goff: 2, dst: 3, zone: 'x' },
    kl: 'secret',
    list: [{ sha1: 'a', b: 1 }],
  };

  test('stay, in their order, but for orders and what is of another day', () => {
    const house = new House({ session: learntSession(learnt) });
    const { json } = house.ask('session', `action=new&auth=${mac}&hash=0`);
    expect(json.startsWith('{"status":0,"body":{"sessionid":"5617-')).toBe(true);
    expect((JSON.parse(json) as { body: SessionBody }).body).toEqual({
      sessionid: expect.stringMatching(/^5617-56ee90c0-54555657$/),
      mode: learnt.mode,
      sp: { users: [{ ...mic, agt: 23.8 }], more: 1 },
      ind: { ...learnt.ind, stp: 0 },
      syp: { utc: nowS, z: 3 },
      ctp: { goff: 3600, dst: 1459040400, ngoff: 7200, zone: 'x' },
      list: [{ b: 1 }],
    });
    expect(json).toContain('"ind":{"g":97918,"w":1,"stp":0,"lg":"fr_FR","imt":0,"cs":"11,6","f":2}');
  });

  test('with slashes and letters as the server writes them', () => {
    const said = (session: string) =>
      new House({ session }).ask('session', `action=new&auth=${mac}&hash=0`).json;
    const fn = (text: string) => `{"status":0,"body":{"sessionid":"x","sp":{"fn":"${text}","users":[]}}}`;
    expect(said(fn('a\\/\\u00e9'))).toContain('"fn":"a\\/\\u00e9"');
    expect(said(fn('a/\\u00e9'))).toContain('"fn":"a/é"');
    expect(said(fn('é'))).toContain('"fn":"é"');
  });

  test.each([
    ['that is no JSON', '{"status":0,"body":{'],
    ['of another status', learntSession(learnt).replace('"status":0', '"status":100')],
    ['without a body', '{"status":0}'],
    ['that is a list', '[]'],
  ])('are not used %s', (_, session) => {
    const { sp, ind, syp, ctp, ...rest } = new House({ session, gravity: '97918' }).session();
    expect([sp, ind, syp]).toEqual([
      undefined,
      { lg: 'en_GB', imt: 1, stp: 0, f: 0, g: 97918 },
      { utc: nowS },
    ]);
    expect(Object.keys(rest)).toEqual(['sessionid']);
  });

  test('with members of the wrong type get those of the captures', () => {
    const ind = { lg: 5, imt: null, f: 'x', tmp: 1.5, g: 97918 };
    const house = new House({ session: learntSession({ sp: 'x', ind, syp: [], ctp: null }) });
    expect(house.session()).toMatchObject({
      ind: { lg: 'en_GB', imt: 1, stp: 0, f: 0, g: 97918 },
      syp: { utc: nowS },
      ctp: { goff: 3600 },
    });
    expect(house.session()).not.toHaveProperty('sp');
    expect(house.session().ind).not.toHaveProperty('tmp');
  });
});

describe('the table of users', () => {
  test('is empty where the server has said so', () => {
    expect(new House({ session: learntSession({ sp: { users: [] } }) }).session().sp).toEqual({ users: [] });
    expect(new House({ users: '[]' }).session().sp).toEqual({ users: [] });
  });

  test('is left out where nobody is known: an empty one would make the scale forget whom it knows', () => {
    expect(new House({}).session()).not.toHaveProperty('sp');
  });
});

describe('settings of the scale', () => {
  const ind = { lg: 'fr_FR', imt: 1, stp: 0, f: 0, g: 97918 };
  const session = learntSession({ sp: { users: [] }, ind });

  test.each([
    ['as learnt', { session }, {}, 97918],
    ['as set', { session, gravity: '98100' }, { gravityMs2: 9.7 }, 98100],
    ['by the place', {}, { gravityMs2: 9.81234 }, 98123],
    ['learnt before the place', { session }, { gravityMs2: 9.8 }, 97918],
    ['never 0', { gravity: '0' }, {}, undefined],
    ['nothing that is none', { gravity: '9.8' }, { gravityMs2: Number.NaN }, undefined],
    ['nothing of another planet', { gravity: '37100' }, { gravityMs2: 3.71 }, undefined],
    ['unknown', {}, {}, undefined],
  ])('gravity %s', (_, values, told, g) => {
    const house = new House(values as Record<string, string>);
    house.told = told;
    expect(house.session().ind?.g).toBe(g);
    if (g === undefined) expect(house.session()).not.toHaveProperty('ind');
  });

  test.each([
    [{ session }, 'de_DE', 'fr_FR'],
    [{ session, language: 'it_IT' }, 'de_DE', 'it_IT'],
    [{}, 'de_DE', 'de_DE'],
    [{}, 'de-DE', 'de_DE'],
    [{}, 'DE-de.UTF-8', 'de_DE'],
    [{}, 'zh-Hans-CN', 'zh_CN'],
    [{}, 'fil_PH', 'fil'],
    [{}, 'de', 'de'],
    [{}, 'C.UTF-8', 'en_GB'],
    [{}, 'german', 'en_GB'],
    [{}, null, 'en_GB'],
    [{ language: 'too long' }, null, 'en_GB'],
  ])('language of %j and %s', (values, language, lg) => {
    const house = new House({ gravity: '97918', ...values });
    house.told = { language };
    expect(house.session().ind?.lg).toBe(lg);
  });

  test('units as learnt, or as set', () => {
    const learnt = learntSession({ sp: { users: [] }, ind: { ...ind, w: 1, h: 6 } });
    expect(new House({ session: learnt }).session().ind).toMatchObject({ w: 1, h: 6 });
    const units = '{"w":2,"tmp":13,"d":1.5,"g":5,"stp":1,"x":1}';
    expect(new House({ session: learnt, units }).session().ind).toEqual({
      ...ind,
      w: 2,
      h: 6,
      tmp: 13,
    });
  });
});

test('a clock that is wrong sets none', () => {
  const house = withUsers(mic);
  house.told = { clockIsRight: false, nowMs: 0 };
  const body = house.session();
  expect(Object.keys(body)).toEqual(['sessionid', 'sp']);
  // And makes nobody younger.
  expect(body.sp.users).toEqual([mic]);
});

describe('users of a learnt table', () => {
  test('grow older by the time since it was learnt, or are as old as their birth date says', () => {
    expect(usersOf(withUsers(mic))).toEqual([{ ...mic, agt: 23.8 }]);
    const house = withUsers(mic, { ...mic, id: 5 });
    house.told = { people: [person({ ids: { withings: '5' }, birthDate: '1992-03-21', weightKg: 1 })] };
    // One day before her birthday.
    expect(usersOf(house)).toEqual([
      { ...mic, agt: 23.8 },
      { ...mic, id: 5, agt: 23.9 },
    ]);
  });

  test('have the newest weigh-in', () => {
    const house = withUsers({ ...mic, att: 4 });
    house.readings.set('1744475 weight', reading(75.12345, 1));
    expect(usersOf(house)).toMatchObject([{ wt: 75.123, cr: nowS - DAY_S, att: 0 }]);
  });

  test.each([
    ['older than theirs', 77, (learntMs - 86_400_000) / 1000],
    ['of the same second', 77, mic.cr + 0.9],
    ['that is none', Number.NaN, nowS],
    ['that is below nothing', -1, nowS],
    ['at no time', 77, Number.NaN],
  ])('keep theirs for one %s', (_, value, timeS) => {
    const house = withUsers(mic);
    house.readings.set('1744475 weight', { value, timeMs: timeS * 1000 });
    expect(usersOf(house)).toEqual([{ ...mic, agt: 23.8 }]);
  });

  test('have new resistances on a scale that has been told of some', () => {
    const rest = (house: House) => usersOf(house).map(({ re, ri }) => [re, ri]);
    for (const users of [[mic], [{ ...mic, re: 565, ri: 2337 }], [mic, { ...mic, id: 5, re: 1, ri: 2 }]]) {
      const house = withUsers(...users);
      house.readings.set('1744475 resistance_extra', reading(583.4, 1));
      house.readings.set('1744475 resistance_intra', reading(2292.6, 1));
      expect(rest(house)[0]).toEqual(
        users[0] === mic && users.length === 1 ? [undefined, undefined] : [583, 2293],
      );
    }
  });

  test('set by hand count when they are younger', () => {
    const house = withUsers(mic);
    house.set('users', JSON.stringify([{ ...mic, id: 5 }]));
    house.younger.add('session');
    expect(usersOf(house)).toMatchObject([{ id: 1744475 }]);
    house.younger.clear();
    house.younger.add('users');
    expect(usersOf(house)).toMatchObject([{ id: 5 }]);
    house.set('users', 'no list');
    expect(usersOf(house)).toMatchObject([{ id: 1744475 }]);
  });

  test('set by hand are filled in', () => {
    const house = new House({ users: '[{"id":5,"wt":60},{"id":6},{"id":7}]' });
    house.told = { people: [person({ ids: { withings: '6' } })] };
    const cr = nowS - 30 * DAY_S;
    expect(usersOf(house)).toEqual([
      { id: 5, sn: '5', wt: 60, ht: 1.7, agt: 30, sx: 0, fm: 1, cr, att: 4 },
      { id: 6, sn: 'ANN', wt: 61.5, ht: 1.68, agt: 23.5, sx: 1, fm: 1, cr, att: 4 },
    ]);
  });

  test('lose what a scale could stumble over', () => {
    const users = [
      { ...mic, agt: '20', sx: 0.5, re: null, cr: -1, att: 4294967296, x: { y: 1 }, z: [{}], ok: [1] },
      { ...mic, id: '5' },
      { ...mic, id: 0 },
      { ...mic, id: 2 ** 32 },
      'x',
      null,
    ];
    const house = new House({ users: JSON.stringify(users) });
    const cr = nowS - 30 * DAY_S;
    expect(usersOf(house)).toEqual([
      { id: mic.id, sn: 'MIC', wt: 77.11, ht: 1.727, fm: 3, ok: [1], agt: 30, sx: 0, cr, att: 4 },
    ]);
  });

  test.each([
    ['ANNA', 'ANN'],
    ['Zoë', 'Zo'],
    ['éé', 'é'],
    ['\u0000A\u202eB\n', 'AB'],
    ['😀', ''],
  ])('the short name %j is shown as %j', (sn, shown) => {
    expect(usersOf(new House({ users: JSON.stringify([{ ...mic, sn }]) }))).toMatchObject([{ sn: shown }]);
  });

  test('what the device has taken before it takes again', () => {
    const odd = {
      ...mic,
      sn: 'MICHAEL',
      cs: '1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16',
      fn: { a: 1 },
      x: 'y'.repeat(500),
    };
    expect(usersOf(withUsers(odd))).toEqual([{ ...odd, agt: 23.8 }]);
    const { wt: _, ...weightless } = mic;
    expect(usersOf(withUsers(mic, weightless))).toHaveLength(2);
  });
});

describe('people of the settings', () => {
  const withPeople = (...people: NonNullable<Parameters<typeof person>[0]>[]) => {
    const house = new House();
    house.told = { people: people.map((over) => person(over)) };
    return house;
  };
  const cr = nowS - 30 * DAY_S;
  const anna = { id: 2_103_904_037, sn: 'ANN', wt: 61.5, ht: 1.68, agt: 23.5, sx: 1, fm: 1, cr, att: 4 };

  test('are told to a scale that was never seen', () => {
    expect(usersOf(withPeople({}))).toEqual([anna]);
    const more = {
      athlete: true,
      sex: 'male',
      birthDate: null,
      heightM: null,
      ids: { withings: '77' },
    } as const;
    expect(usersOf(withPeople(more))).toEqual([{ ...anna, id: 77, ht: 1.7, agt: 30, sx: 0, fm: 2 }]);
  });

  test('are told when the learnt table is empty, and not beside others', () => {
    const empty = new House({ session: learntSession({ sp: { users: [] } }) });
    empty.told = { people: [person()] };
    expect(usersOf(empty)).toEqual([anna]);
    const full = withUsers(mic);
    full.told = { people: [person()] };
    expect(usersOf(full)).toEqual([{ ...mic, agt: 23.8 }]);
  });

  test('have their newest weigh-in, height and resistances', () => {
    const house = withPeople({ ids: { withings: '77' }, weightKg: null, heightM: null });
    expect(usersOf(house)).toEqual([]);
    house.readings.set('77 weight', reading(64.2, 2));
    house.readings.set('77 height', reading(1.7012, 900));
    house.readings.set('77 resistance_extra', reading(583, 2));
    expect(usersOf(house)).toEqual([
      { ...anna, id: 77, wt: 64.2, ht: 1.701, re: 583, cr: nowS - 2 * DAY_S, att: 0 },
    ]);
  });

  test('have ids of their own that stay, and differ', () => {
    const ids = (house: House) => usersOf(house).map(({ id }) => Number(id));
    const one = ids(withPeople({ name: 'Ben' }, { name: 'Cleo' }));
    expect(ids(withPeople({ name: 'Cleo' }, { name: 'Ben', weightKg: 90 })).reverse()).toEqual(one);
    const same = ids(withPeople({ name: 'Ben' }, { name: 'Ben' }, { name: 'Ben' }));
    expect(new Set(same).size).toBe(3);
    for (const id of [...one, ...same]) {
      expect(id).toBeGreaterThanOrEqual(2_000_000_000);
      expect(id).toBeLessThan(2 ** 31);
    }
  });
});

describe('a table that is too large', () => {
  const many = (count: number, more: object = {}) =>
    Array.from({ length: count }, (_, i) => ({
      ...mic,
      ...more,
      id: i + 1,
      cr: 1_363_000_000 + ((i * 7) % count),
    }));

  test('has 15 users, without those who weighed themselves longest ago', () => {
    const house = new House({ users: JSON.stringify(many(20)) });
    const users = usersOf(house);
    expect(users).toHaveLength(15);
    const kept = many(20).filter(({ cr }) => cr >= 1_363_000_005);
    expect(users.map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
  });

  test('has as many users as 1,799 bytes hold', () => {
    const house = new House({
      users: JSON.stringify(many(15, { fn: 'f'.repeat(31), ln: 'l'.repeat(31) })),
      gravity: '97918',
    });
    const { json } = house.ask('session', `action=new&auth=${mac}&hash=0`);
    const { users } = (JSON.parse(json) as { body: SessionBody }).body.sp;
    expect(json.length).toBeLessThanOrEqual(1_799);
    // One more would not have fitted.
    expect(json.length + JSON.stringify(users[0]).length).toBeGreaterThan(1_799);
    expect(users.length).toBeGreaterThan(5);
  });

  test('has no unknown members in a user whose text is long', () => {
    const more = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`m${i}`, 'x'.repeat(20)]));
    expect(usersOf(new House({ users: JSON.stringify([{ ...mic, ...more }]) }))).toEqual([
      { ...mic, agt: 23.8 },
    ]);
  });

  test('may be as long as the learnt reply was', () => {
    const sp = { users: many(30) };
    const house = new House({
      session: learntSession({ sp, ind: {}, syp: { utc: nowS, blc: 'x'.repeat(99) } }),
    });
    expect(usersOf(house)).toHaveLength(30);
    expect(house.ask('session', `action=new&auth=${mac}&hash=0`).json.length).toBeGreaterThan(2_500);
  });
});
