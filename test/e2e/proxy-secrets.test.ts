import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newAppSession, newCall, newSignIn, oldCall, oldSignIn } from '../servers/renpho-app.js';
import type { Account } from '../servers/renpho-books.js';
import { unseal } from '../servers/renpho-envelope.js';
import { Proxied, weightsIn } from './proxied.js';
import { folder, output } from './scaletap.js';

/** Two apps sign in, list and upload; then a person looks at all that scaletap shows of it. */

const formats = ['har', 'ndjson', 'http'] as const;

/** Everything that must not be seen, in all the forms in which it may be written. */
function secretsOf(accounts: readonly Account[], tokens: readonly string[]): string[] {
  const plain = accounts.flatMap(({ email, password, passwordForm, name }) => [
    email,
    password,
    passwordForm,
    name,
  ]);
  const fixed = ['1990-05-04', '198.51.100.77', 'c2VhbGVk', 'd3v1ce-0f-the-phone'];
  const all = [...plain, ...tokens, ...fixed];
  return [
    ...new Set([
      ...all,
      ...all.map(encodeURIComponent),
      ...all.map((text) => `${new URLSearchParams({ text })}`.slice(5)),
    ]),
  ];
}

/** A text, and what is sealed or in base64 in it. */
function* layersOf(text: string): Generator<string> {
  yield text;
  for (const [base64] of text.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)) {
    const inner = Buffer.from(base64, 'base64').toString('latin1');
    yield inner;
    for (const [sealed] of inner.matchAll(/[A-Za-z0-9+/]{20,}={0,2}/g)) yield* opened(sealed);
    yield* opened(base64);
  }
}

function* opened(base64: string): Generator<string> {
  try {
    yield unseal(base64);
  } catch {
    // Not sealed.
  }
}

async function livedIn() {
  const house = await Proxied.open(['--log-level', 'debug', '--web-listen', '127.0.0.1:0']);
  const { books } = house;
  const account = books.addAccount({ name: 'Zebulon Planted', family: [books.person('Mina Planted')] });
  const old = books.addAccount({ api: 'old', name: 'Quirin Planted' });
  for (const { id } of [account, ...account.family, old]) books.addWeighIns(id, 3, { place: 'both' });
  const before = [account.token, old.token];
  await house.send([newSignIn(account), oldSignIn(old)]);
  const sent = [{ timeStamp: '1700000000', weight: '81.35', bUserId: account.id, birthday: '1990-05-04' }];
  const requests = [
    ...newAppSession(account, books),
    newCall(account, '/RenphoHealth/scale/uploadMeasureData', sent),
    newCall(account, '/RenphoHealth/user/nobodyKnowsThis', {
      email: account.email,
      deep: [{ token: account.token }],
    }),
    oldCall(old, '/api/v2/measurements/list.json'),
    oldCall(old, '/api/v2/device_binds/get_device.json'),
  ];
  await house.send(requests);
  await house.exchanges(requests.length + 2);
  const secrets = secretsOf(
    [account, old, ...account.family.map((one) => ({ ...account, ...one }))],
    [...before, account.token, old.token],
  );
  return { house, secrets, count: requests.length + 2 };
}

test('no secret is in listings, exports, values or the log unless it is asked for', {
  timeout: 60_000,
}, async () => {
  const { house, secrets, count } = await livedIn();
  const seen = new Map([['log', house.program.stderr]]);
  const look = async (...command: string[]): Promise<void> => {
    seen.set(command.join(' '), await house.output(...command));
  };
  for (const format of formats) await look('exchanges', 'export', '--format', format);
  for (const command of ['list', 'unknown']) await look('exchanges', command);
  for (let id = 1; id <= count; id++) await look('exchanges', 'show', String(id));
  // Readings are by names, which are no secret there.
  await look('values');
  const [, page] = await house.program.says(/web page: (http:\S+)/);
  for (const path of ['exchanges', ...Array.from({ length: count }, (_, i) => `exchanges/${i + 1}`)]) {
    const answer = await fetch(`${page}api/${path}`);
    expect(answer.status).toBe(200);
    seen.set(path, await answer.text());
  }
  const leaks = [...seen].flatMap(([where, text]) => {
    const layers = [...layersOf(text)];
    return secrets
      .filter((secret) => layers.some((layer) => layer.includes(secret)))
      .map((secret) => `${where}: ${secret}`);
  });
  expect(leaks).toEqual([]);
  const raw = await house.output('exchanges', 'export', '--format', 'http', '--show-secrets');
  const inside = [...layersOf(raw)].join('\n');
  for (const secret of ['d3v1ce-0f-the-phone', 'Zebulon Planted', '1990-05-04'])
    expect(inside).toContain(secret);
});

test.each(formats)(
  'an export without secrets, as %s, gives the same readings when it is imported',
  async (format) => {
    const { house } = await livedIn();
    const file = join(folder(), `export.${format === 'ndjson' ? 'ndjson' : format}`);
    writeFileSync(file, await house.output('exchanges', 'export', '--format', format));
    const other = folder();
    await output('import', file, '--data-dir', other);
    // Without the session nothing proves what the app has sent.
    const weighed = (dataDir: string) => weightsIn(dataDir).map(({ at, kg, person }) => [at, kg, person]);
    const was = weighed(house.dataDir);
    expect(was).toHaveLength(10);
    expect(weighed(other)).toEqual(was);
  },
);
