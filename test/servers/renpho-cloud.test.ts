import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { expect, onTestFinished, test } from 'vitest';
import type { AppRequest } from './renpho-app.js';
import { newCall, newPage, newSignIn, oldCall, oldSignIn } from './renpho-app.js';
import type { RenphoCloud, TroubleKind } from './renpho-cloud.js';
import { renphoCloud } from './renpho-cloud.js';
import { parsed, seal, unseal } from './renpho-envelope.js';

/** The stand-in for Renpho's clouds is held to the captures, as the tests of others rely on it. */

async function cloudOfTest(): Promise<RenphoCloud> {
  const cloud = await renphoCloud();
  onTestFinished(() => cloud.close());
  return cloud;
}

/** Sends a request as an app does, and gives status, headers and what is in the answer. */
async function ask(cloud: RenphoCloud, { host, method, path, headers, body }: AppRequest) {
  const named = Object.fromEntries([['Host', host], ...headers]);
  const ca = readFileSync(cloud.caFile);
  const where = { host: '127.0.0.1', port: cloud.port, servername: host, ca, agent: false };
  return new Promise<{ status: number; headers: object; got: unknown }>((resolve, reject) => {
    const call = request({ ...where, method, path, headers: named }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, got: opened(text) });
      });
    });
    call.on('error', reject);
    call.end(body ?? '');
  });
}

/** An answer with the envelope undone. */
function opened(text: string): unknown {
  const value = Object(parsed(text));
  return typeof value.data === 'string' ? { ...value, data: parsed(unseal(value.data)) } : value;
}

function capture(name: string): string {
  return readFileSync(new URL(`../../captures/renpho/${name}`, import.meta.url), 'utf8');
}

test('seals as the golden vectors, and keeps ids of 19 digits', () => {
  const vectors = capture('new_aes_golden_vectors.txt');
  for (const plain of ['', '{}']) expect(vectors).toContain(`plain "${plain}"`.padEnd(11) + seal(plain));
  expect(parsed('{"id":9223372036854775806,"of":"1234567890123456789","at":1.5,"n":[-1]}')).toEqual({
    ...{ id: '9223372036854775806', of: '1234567890123456789', at: 1.5, n: [-1] },
  });
});

test('the request of the app for body compositions is that of the captures', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount();
  const sent = newPage(account, 'queryBodyCompositionMeasureData', 9223372036854775806n).body ?? '';
  const plain = unseal(String(Object(parsed(sent)).encryptData));
  const theirs = capture('new_body_composition_request.json').trim();
  expect(plain.replace(/info_\d+/, '')).toBe(theirs.replace(/info_\d+/, ''));
});

test('rows have every name of the captures', async () => {
  const cloud = await cloudOfTest();
  const { books } = cloud;
  const fresh = books.addAccount();
  books.addWeighIns(fresh.id, 1, { place: 'both' });
  const old = books.addAccount({ api: 'old' });
  books.addWeighIns(old.id, 1);
  const four = await ask(cloud, newPage(fresh, 'queryAllMeasureDataList', fresh.id));
  const [row] = Object(four.got).data;
  expect(Object.keys(row).sort()).toEqual(
    Object.keys(JSON.parse(capture('new_measurement_record_full_fixture.json'))).sort(),
  );
  const eight = await ask(cloud, newPage(fresh, 'queryBodyCompositionMeasureData', fresh.id));
  expect(Object(eight.got).data).toMatchObject([{ id: row.id, z20HandL: 341.2 }]);
  const list = await ask(cloud, oldCall(old, '/api/v2/measurements/list.json'));
  const shape = JSON.parse(capture('old_measurements_list_SHAPE.json'));
  expect(Object.keys(Object(list.got))).toEqual(expect.arrayContaining(Object.keys(shape)));
  expect(Object.keys(shape.previous_ary[0])).toEqual(
    expect.arrayContaining(Object.keys(Object(list.got).previous_ary[0])),
  );
});

test('signing in elsewhere ends the session of the phone', async () => {
  const cloud = await cloudOfTest();
  const fresh = cloud.books.addAccount();
  const old = cloud.books.addAccount({ api: 'old' });
  const before = newCall(fresh, '/RenphoHealth/app/sync/getTokenTime', {});
  const oldBefore = oldCall(old, '/api/v2/device_binds/get_device.json');
  expect(await ask(cloud, before)).toMatchObject({ got: { code: 101, data: { userId: String(fresh.id) } } });
  expect(await ask(cloud, newSignIn(fresh))).toMatchObject({
    got: { data: { login: { token: fresh.token } } },
  });
  expect(await ask(cloud, oldSignIn(old))).toMatchObject({ got: { terminal_user_session_key: old.token } });
  expect(await ask(cloud, before)).toMatchObject({ got: { code: 401 } });
  expect(await ask(cloud, oldBefore)).toMatchObject({ status: 200, got: { status_code: '40302' } });
  expect(cloud.books.signIns).toBe(2);
});

test('pages are of one table, of the own people, and each row is once on them', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount();
  const stranger = cloud.books.addAccount();
  cloud.books.addWeighIns(account.id, 250);
  cloud.books.addWeighIns(stranger.id, 3);
  const seen = new Set<string>();
  for (const pageNum of [1, 2, 3, 4]) {
    const { got } = await ask(cloud, newPage(account, 'queryAllMeasureDataList', account.id, pageNum));
    for (const { id } of Object(got).data) seen.add(id);
  }
  expect(seen.size).toBe(250);
  const others = await ask(cloud, newPage(account, 'queryAllMeasureDataList', stranger.id));
  expect(others).toMatchObject({ got: { code: 101, data: [] } });
});

const troubles: readonly (readonly [TroubleKind, object])[] = [
  ['too-many-requests', { status: 429, headers: { 'retry-after': '7' } }],
  ['server-error', { status: 500 }],
  ['http-401', { status: 401 }],
  ['http-403', { status: 403 }],
  ['code-401', { status: 200, got: { code: 401 } }],
  ['code-403', { status: 200, got: { code: 403 } }],
];

test.each(troubles)('%s comes after so many requests, so many times', async (kind, answer) => {
  const cloud = await cloudOfTest();
  const call = newCall(cloud.books.addAccount(), '/RenphoHealth/app/sync/getTokenTime', {});
  cloud.manner({ trouble: { kind, after: 1, times: 1, retryAfterS: 7 } });
  expect(await ask(cloud, call)).toMatchObject({ got: { code: 101 } });
  expect(await ask(cloud, call)).toMatchObject(answer);
  expect(await ask(cloud, call)).toMatchObject({ got: { code: 101 } });
});

test('an answer that is cut ends in the middle', async () => {
  const cloud = await cloudOfTest();
  cloud.manner({ trouble: { kind: 'cut' } });
  const call = newCall(cloud.books.addAccount(), '/renpho-aggregation/device/count', undefined);
  await expect(ask(cloud, call)).rejects.toThrow('aborted');
});

test('what is written needs the headers that writing needs', async () => {
  const cloud = await cloudOfTest();
  const account = cloud.books.addAccount();
  const upload = newCall(account, '/RenphoHealth/scale/uploadMeasureData', [
    { weight: '81.5', timeStamp: '1700000000' },
  ]);
  const bare = { ...upload, headers: upload.headers.filter(([name]) => name !== 'timeZone') };
  expect(await ask(cloud, bare)).toMatchObject({
    status: 400,
    got: { msg: "Missing request header 'timeZone'" },
  });
  expect(cloud.books.weighIns).toEqual([]);
  const { got } = await ask(cloud, upload);
  expect(got).toMatchObject({
    data: [{ id: String(cloud.books.weighIns[0]?.id), timeStamp: 1_700_000_000 }],
  });
});
