import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RenphoBooks } from '../servers/renpho-books.js';
import type { TroubleKind } from '../servers/renpho-cloud.js';
import { jsonOf, parsed, seal, unseal } from '../servers/renpho-envelope.js';
import { testAuthority } from '../servers/test-authority.js';
import { cloudOfTest, inBooks, pull, quick, sessionOf, TestPlace } from './pulling.js';

const FOUR = 'queryAllMeasureDataList';
const EIGHT = 'queryBodyCompositionMeasureData';
const OLD = 'measurements/list.json';
const DAY_MS = 86_400_000;

describe('the new cloud', () => {
  test('a full history comes over both endpoints, exactly once, with ids of 19 digits as they are', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 230);
    cloud.books.addWeighIns(account.id, 20, { place: 'body-composition', newestAt: 1_700_000_000 });
    cloud.books.addWeighIns(account.id, 30, { place: 'both', newestAt: 1_600_000_000 });
    const place = new TestPlace();
    const result = await pull(cloud, account, place);
    expect(result).toMatchObject({ end: 'whole', why: null, problems: [] });
    expect(result.people.get(String(account.id))?.rows).toBe(280);
    expect(place.weighIns()).toEqual(inBooks(cloud));
    expect(cloud.books.signIns).toBe(0);
  });

  test('of a row that is in both lists, the richer one stays', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 1, { place: 'both' });
    const place = new TestPlace();
    await pull(cloud, account, place);
    const asked = cloud.books.requests.map(({ path }) => path.split('/').at(-1));
    expect(asked).toEqual(['count', EIGHT, EIGHT, FOUR, FOUR]);
    const kinds = place.store.readings.list().map(({ kind }) => kind);
    expect(kinds.length).toBe(new Set(kinds).size);
    expect(place.brought[3]).toBe(0);
  });

  test.each(['oldest-first', 'newest-first'] as const)('what is new comes, with pages %s', async (order) => {
    const cloud = await cloudOfTest({ order });
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 350, { newestAt: 1_700_000_000 });
    const place = new TestPlace();
    await pull(cloud, account, place);
    cloud.books.addWeighIns(account.id, 3);
    const before = cloud.books.requestsTo(FOUR).length;
    expect((await pull(cloud, account, place)).end).toBe('whole');
    expect(place.weighIns()).toEqual(inBooks(cloud));
    // Rising rows are read to their end; falling ones as far as they are held.
    expect(cloud.books.requestsTo(FOUR).length - before).toBe(order === 'newest-first' ? 1 : 5);
  });

  test('a history that was broken off is gone on with, however young what is held is', async () => {
    const cloud = await cloudOfTest({ order: 'newest-first' });
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 350);
    cloud.manner({ trouble: { kind: 'server-error', at: FOUR, after: 2 } });
    const place = new TestPlace();
    expect((await pull(cloud, account, place)).end).toBe('trouble');
    expect(place.weighIns().length).toBe(200);
    cloud.manner({ trouble: null });
    expect((await pull(cloud, account, place)).end).toBe('whole');
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });

  test('a row that reached the cloud late is found', async () => {
    const cloud = await cloudOfTest({ order: 'newest-first' });
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 150);
    const place = new TestPlace();
    await pull(cloud, account, place);
    cloud.books.addWeighIns(account.id, 1, { newestAt: Math.floor(Date.now() / 1000) - 20 * 86_400 + 5 });
    await pull(cloud, account, place);
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });

  test('rows that fall only for each scale are read to their end every time', async () => {
    const account = new RenphoBooks().addAccount();
    const rowsOf = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...{ id: first + i, bUserId: account.id, weight: 80 },
        timeStamp: 1_700_000_000 - 86_400 * i - first,
      })).sort((a, b) => b.timeStamp - a.timeStamp);
    const other = rowsOf(1_000, 150);
    const lists = [...rowsOf(1, 200), ...other];
    const cloud = await serverOfTest((path, { pageNum }) => {
      const from = 100 * (Number(pageNum) - 1);
      const page = path.endsWith(FOUR) ? lists.slice(from, from + 100) : [];
      return JSON.stringify({ code: 101, msg: 'success', data: seal(jsonOf(page)) });
    });
    const place = new TestPlace();
    await pull(cloud, account, place);
    expect(place.weighIns().length).toBe(350);
    lists.splice(200, 0, { id: 9_999, bUserId: account.id, weight: 81, timeStamp: 1_700_086_400 });
    await pull(cloud, account, place);
    expect(place.weighIns()).toContain(9_999n);
  });

  test('a cloud that gives the first page for every page comes to an end', async () => {
    const cloud = await cloudOfTest({ ignoresPage: true });
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 100);
    const place = new TestPlace();
    expect((await pull(cloud, account, place)).end).toBe('whole');
    expect(cloud.books.requestsTo(FOUR).length).toBe(2);
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });

  test.each(['gzip', 'deflate', 'br'] as const)('answers under %s, in chunks, as objects', async (coding) => {
    const cloud = await cloudOfTest({ coding, isChunked: true, shape: 'list' });
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 120);
    const place = new TestPlace();
    expect((await pull(cloud, account, place)).end).toBe('whole');
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });

  test('the family is pulled, and friends never', async () => {
    const cloud = await cloudOfTest();
    const { books } = cloud;
    const [partner, friend] = [books.person('Partner Example'), books.person('Friend Example')];
    const account = books.addAccount({ family: [partner], friends: [friend] });
    for (const { id } of [account, partner, friend]) books.addWeighIns(id, 2);
    const place = new TestPlace();
    place.put(account.id, 'friends', JSON.stringify([String(friend.id)]));
    place.put(account.id, 'family', JSON.stringify([String(partner.id)]));
    const tables = [{ userIds: [String(friend.id)], tableName: 'measurements_info_3' }];
    place.put(account.id, 'tables', JSON.stringify(tables));
    const result = await pull(cloud, account, place);
    expect([...result.people.keys()]).toEqual([account, partner].map(({ id }) => String(id)));
    const asked = books.requests.flatMap(({ body }) => Object(body).userIds ?? []).map(String);
    expect(new Set(asked)).toEqual(new Set([account, partner].map(({ id }) => String(id))));
    expect(books.requestsTo('device/count')).toEqual([]);
  });

  test('headers are those of the app, in their order and case, and the journal has them as they were sent', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    const place = new TestPlace();
    await pull(cloud, account, place);
    const [sent] = cloud.books.requests;
    const theirs = sent?.headers.filter(([name]) => !/^(host|connection|content-length)$/.test(name));
    expect(theirs).toEqual(sessionOf(account).headers);
    const [kept] = place.store.journal.list();
    const head = Buffer.from(kept?.request.head ?? '').toString('latin1');
    const lines = sent?.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    expect(head).toBe(`POST /renpho-aggregation/device/count HTTP/1.1\r\n${lines}\r\n`);
    expect(Buffer.compare(Buffer.from(kept?.request.body ?? ''), sent?.raw ?? Buffer.alloc(0))).toBe(0);
    expect(kept).toMatchObject({ source: 'pull', client: '', answered: 'upstream', reason: null });
    expect(kept?.connection).toMatch(/^pull-[0-9a-f]{8}$/);
    expect(kept?.upstream).toBe(`cloud.renpho.com 127.0.0.1:${cloud.port}`);
  });

  test('--since leaves a list of falling time earlier, --all never', async () => {
    const cloud = await cloudOfTest({ order: 'newest-first' });
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 450);
    const place = new TestPlace();
    await pull(cloud, account, place);
    const asks = async (options: object) => {
      const before = cloud.books.requestsTo(FOUR).length;
      expect((await pull(cloud, account, place, options)).end).toBe('whole');
      return cloud.books.requestsTo(FOUR).length - before;
    };
    expect(await asks({ sinceMs: Date.now() - 150 * DAY_MS })).toBe(2);
    expect(await asks({ all: true })).toBe(6);
    expect(await asks({})).toBe(1);
  });

  test('with --since for the first time, the order is not known, so all is read', async () => {
    const cloud = await cloudOfTest({ order: 'oldest-first' });
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 250);
    const place = new TestPlace();
    await pull(cloud, account, place, { sinceMs: Date.now() - DAY_MS });
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });

  test('a reading that crossed before is not there twice', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 5);
    const place = new TestPlace();
    await pull(cloud, account, place);
    const [, , exchange] = [...place.store.journal.list()];
    const other = new TestPlace();
    if (exchange) other.record(exchange);
    await pull(cloud, account, other);
    expect(other.weighIns()).toEqual(inBooks(cloud));
  });
});

describe('the old cloud', () => {
  test('a full history, and then what is new', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount({ api: 'old' });
    cloud.books.addWeighIns(account.id, 40, { newestAt: 1_600_000_000 });
    const place = new TestPlace();
    expect(await pull(cloud, account, place)).toMatchObject({ end: 'whole', problems: [] });
    expect(place.weighIns()).toEqual(inBooks(cloud));
    cloud.books.addWeighIns(account.id, 2);
    const before = cloud.books.requests.length;
    const result = await pull(cloud, account, place);
    expect(result.people.get(String(account.id))?.rows).toBe(32);
    expect(place.weighIns()).toEqual(inBooks(cloud));
    const asked = cloud.books.requests.slice(before).map(({ query }) => query.get('last_at'));
    expect(asked[0]).toBe(String(1_600_000_000 - 30 * 86_400));
    expect(cloud.books.signIns).toBe(0);
  });

  test('parameters and headers are those of the app, in the order of their names', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount({ api: 'old' });
    await pull(cloud, account, new TestPlace());
    const [sent] = cloud.books.requestsTo(OLD);
    const names = [...(sent?.query.keys() ?? [])];
    expect(names).toEqual([...names].sort());
    expect(names).toContain('terminal_user_session_key');
    const theirs = sent?.headers.filter(([name]) => !/^(host|connection)$/.test(name));
    expect(theirs).toEqual(sessionOf(account).headers);
  });

  test('both arrays are gone on with for as long as they bring rows', async () => {
    const account = new RenphoBooks().addAccount({ api: 'old' });
    const row = (id: number) => ({ id, b_user_id: account.id, weight: 80, time_stamp: 1_600_000_000 + id });
    const asked: string[] = [];
    const answers: Readonly<Record<string, object>> = {
      'last_at=883630800': { last_at: 5, last_ary: [] },
      '': { previous_ary: [row(9), row(8)], last_ary: [], previous_flag: 1, previous_at: 800, last_at: 900 },
      'previous_at=800': { previous_ary: [row(7)], last_ary: [], previous_flag: 1, previous_at: 700 },
      // The same again: there is no more.
      'previous_at=700': { previous_ary: [row(7)], last_ary: [], previous_flag: 1, previous_at: 600 },
    };
    const cloud = await serverOfTest((path) => {
      const word = /(?:last|previous)_at=\d+/.exec(path)?.[0] ?? '';
      asked.push(word);
      return jsonOf({ status_code: '20000', ...answers[word] });
    });
    const place = new TestPlace();
    expect(await pull(cloud, account, place)).toMatchObject({ end: 'whole', problems: [] });
    expect(asked).toEqual(Object.keys(answers));
    expect(place.weighIns()).toEqual([7n, 8n, 9n]);
  });

  test('stale in the middle', async () => {
    const cloud = await cloudOfTest({ trouble: { kind: 'status-40302', at: OLD, after: 1 } });
    const account = cloud.books.addAccount({ api: 'old' });
    cloud.books.addWeighIns(account.id, 4);
    const place = new TestPlace();
    expect(await pull(cloud, account, place)).toMatchObject({ end: 'stale', why: 'status 40302' });
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });
});

describe('trouble', () => {
  test.each<[TroubleKind, string]>([
    ['http-401', 'HTTP 401'],
    ['http-403', 'HTTP 403'],
    ['code-401', 'code 401'],
    ['code-403', 'code 403'],
  ])('%s in the middle ends the pull as stale; what came before is kept', async (kind, why) => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 250);
    cloud.manner({ trouble: { kind, at: FOUR, after: 2 } });
    const place = new TestPlace();
    expect(await pull(cloud, account, place)).toMatchObject({ end: 'stale', why });
    expect(place.weighIns().length).toBe(200);
    expect((await place.values(String(account.id))).get('stale')).toContain(why);
    const before = cloud.books.requests.length;
    expect((await pull(cloud, account, place)).end).toBe('stale');
    expect(cloud.books.requests.length).toBe(before);
    expect(cloud.books.signIns).toBe(0);
  });

  test('after 429 it waits for as long as it is asked to', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 3);
    cloud.manner({ trouble: { kind: 'too-many-requests', times: 2, retryAfterS: 30 } });
    const pacing = quick();
    const place = new TestPlace();
    expect((await pull(cloud, account, place, { pacing })).end).toBe('whole');
    expect(pacing.pauses.filter((ms) => ms === 30_000).length).toBe(2);
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });

  test('whoever asks for an hour is left alone', async () => {
    const cloud = await cloudOfTest({ trouble: { kind: 'too-many-requests', retryAfterS: 3600 } });
    const account = cloud.books.addAccount();
    const result = await pull(cloud, account, new TestPlace());
    expect(result.end).toBe('trouble');
    expect(result.why).toContain('60 minutes');
    expect(cloud.books.requests.length).toBe(1);
  });

  test.each<TroubleKind>(['server-error', 'cut'])('%s is tried again, ever later', async (kind) => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 3);
    cloud.manner({ trouble: { kind, at: FOUR, times: 3 } });
    const pacing = quick();
    const place = new TestPlace();
    expect((await pull(cloud, account, place, { pacing })).end).toBe('whole');
    expect(pacing.pauses.filter((ms) => ms > 2_000)).toEqual([3_000, 6_000, 12_000]);
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });

  test('and given up after a few tries', async () => {
    const cloud = await cloudOfTest({ trouble: { kind: 'server-error' } });
    const account = cloud.books.addAccount();
    const result = await pull(cloud, account, new TestPlace());
    expect(result).toMatchObject({ end: 'trouble', requests: 5 });
    expect(result.why).toContain('HTTP 500');
  });

  test('a cloud that is silent', async () => {
    const cloud = await cloudOfTest({ trouble: { kind: 'silent' } });
    const account = cloud.books.addAccount();
    const result = await pull(cloud, account, new TestPlace(), { timeoutMs: 100 });
    expect(result.end).toBe('trouble');
    expect(result.why).toContain('no whole answer within 0.1 s');
  });

  test('an answer that is no envelope spoils one list, and the others are read', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 3);
    cloud.manner({ trouble: { kind: 'no-envelope', at: EIGHT } });
    const place = new TestPlace();
    const result = await pull(cloud, account, place);
    expect(result.end).toBe('whole');
    expect(result.problems).toEqual([expect.stringContaining(EIGHT)]);
    expect(place.weighIns()).toEqual(inBooks(cloud));
  });

  test('a certificate that nobody has signed is not trusted, and not tried again', async () => {
    const [cloud, other] = [await cloudOfTest(), await cloudOfTest()];
    const account = cloud.books.addAccount();
    const result = await pull({ port: cloud.port, caFile: other.caFile }, account, new TestPlace());
    expect(result).toMatchObject({ end: 'trouble', requests: 1 });
    expect(result.why).toContain('--upstream-ca');
  });

  test('one request at a time, with a pause between any two', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 250);
    const pacing = quick();
    const { requests } = await pull(cloud, account, new TestPlace(), { pacing });
    expect(pacing.pauses).toEqual(Array(requests - 1).fill(1_000));
    expect(new Set(cloud.books.requests.map(({ connection }) => connection))).toEqual(new Set([1]));
  });

  test('a page of 100,000 rows, whatever size was asked for', async () => {
    const account = new RenphoBooks().addAccount();
    const rows = Array.from({ length: 100_000 }, (_, i) => ({
      ...{ id: 5_919_278_420_902_642_177n + BigInt(i), bUserId: account.id },
      ...{ timeStamp: 1_600_000_000 + 60 * i, weight: 80 + (i % 100) / 20 },
    }));
    const full = JSON.stringify({ code: 101, msg: 'success', data: seal(jsonOf(rows)) });
    const empty = JSON.stringify({ code: 101, msg: 'success', data: seal('[]') });
    let asked = 0;
    const cloud = await serverOfTest((path) => (path.endsWith(EIGHT) && asked++ === 0 ? full : empty));
    const place = new TestPlace();
    const result = await pull(cloud, account, place);
    expect(result).toMatchObject({ end: 'whole', problems: [] });
    expect(result.people.get(String(account.id))?.rows).toBe(100_000);
    expect(place.brought.reduce((sum, brought) => sum + brought, 0)).toBe(100_000);
  }, 60_000);
});

/** A server that answers with a text, by the path and by what is in the envelope. */
async function serverOfTest(
  answer: (path: string, sent: Record<string, unknown>) => string,
): Promise<{ port: number; caFile: string }> {
  const authority = await testAuthority();
  const server = createServer(
    await authority.issue(['cloud.renpho.com', 'renpho.qnclouds.com']),
    (request, response) => {
      text(request).then(
        (body) => {
          const plain = body === '' ? '' : unseal(Object(parsed(body)).encryptData);
          response.end(answer(request.url ?? '', Object(plain === '' ? {} : parsed(plain))));
        },
        () => response.destroy(),
      );
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await authority.close();
  });
  return { port: (server.address() as AddressInfo).port, caFile: authority.caFile };
}
