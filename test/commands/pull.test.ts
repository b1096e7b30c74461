import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Store } from '../../src/store/store.js';
import { vendorOf } from '../../src/vendors/index.js';
import { sessionText } from '../../src/vendors/renpho/session.js';
import { cloudOfTest, sessionOf } from '../pull/pulling.js';
import type { Account } from '../servers/renpho-books.js';
import { folder, scaletap } from './scaletap.js';

function inStore<T>(dataDir: string, work: (store: Store) => T): T {
  const store = new Store(dataDir, vendorOf, { create: true });
  try {
    return work(store);
  } finally {
    store.close();
  }
}

/** The session of an account has crossed. */
function cross(dataDir: string, account: Account): void {
  const text = sessionText(sessionOf(account));
  inStore(dataDir, ({ values }) =>
    values.change(() => values.put('renpho', String(account.id), 'session', text, Date.now() * 1000)),
  );
}

describe('pull renpho', () => {
  test('says what came of it, and signs in nowhere', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 3, { place: 'both' });
    const dataDir = folder();
    cross(dataDir, account);
    const { code, stdout, stderr } = await scaletap(
      ...['pull', 'renpho', '--data-dir', dataDir, ...cloud.upstreamFlags],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^account ${account.id}: 3 rows in 5 requests, \\d+ new readings\\n  ${account.id}: 3 rows, `,
      ),
    );
    expect(stderr).toBe('');
    expect(cloud.books.signIns).toBe(0);
    const again = await scaletap(...['pull', 'renpho', '--data-dir', dataDir, ...cloud.upstreamFlags]);
    expect(again.stdout).toContain(' 0 new readings');
  });

  test('a stale session ends it with what to do, and code 1', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    const dataDir = folder();
    cross(dataDir, account);
    cloud.books.signInElsewhere(account);
    const args = ['pull', 'renpho', '--data-dir', dataDir, ...cloud.upstreamFlags];
    for (const _ of ['found out', 'known']) {
      const { code, stdout } = await scaletap(...args);
      expect(code).toBe(1);
      expect(stdout).toContain('is stale (code 401): open the app once');
    }
    expect(cloud.books.requests.length).toBe(1);
    expect(cloud.books.signIns).toBe(0);
  });

  test('several accounts have to be told apart', async () => {
    const cloud = await cloudOfTest();
    const [one, other] = [cloud.books.addAccount(), cloud.books.addAccount({ api: 'old' })];
    const dataDir = folder();
    for (const account of [one, other]) cross(dataDir, account);
    const args = ['pull', 'renpho', '--data-dir', dataDir, ...cloud.upstreamFlags];
    const unclear = await scaletap(...args);
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toContain(`${one.id}, ${other.id}; choose one with --account`);
    const clear = await scaletap(...args, '--account', String(other.id));
    expect(clear.stdout).toContain(`account ${other.id}: 0 rows`);
    expect((await scaletap(...args, '--account', '7')).stderr).toContain(
      'no session of the Renpho app of account 7',
    );
  });

  test('in mode offline the cloud is not called', async () => {
    const cloud = await cloudOfTest();
    const args = ['pull', 'renpho', '--data-dir', folder(), '--mode', 'offline', ...cloud.upstreamFlags];
    const { code, stderr } = await scaletap(...args);
    expect(code).toBe(1);
    expect(stderr).toContain('mode offline');
    expect(cloud.connections).toBe(0);
  });

  test('without a session it says how to get one', async () => {
    const dataDir = folder();
    inStore(dataDir, () => undefined);
    const { code, stderr } = await scaletap('pull', 'renpho', '--data-dir', dataDir);
    expect(code).toBe(1);
    expect(stderr).toContain('open the app once on a phone that uses the proxy');
  });

  test.each([
    [['withings'], 'there is only renpho'],
    [['renpho', '--all', '--since', '7d'], 'either --all or --since'],
    [['renpho', '--email', 'a@b.example'], 'only with --login'],
    [['renpho', '--login-form'], 'only with --login'],
    [['renpho', '--login'], 'needs the --email'],
    [['renpho', '--login', '--login-form', '--email', 'a@b.example'], 'leave the others out'],
    [['renpho', '--login', '--email', 'a@b.example', '--password', 'secret'], 'password'],
  ])('%j cannot be', async (args, why) => {
    const { code, stderr } = await scaletap('pull', ...args, '--data-dir', folder());
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });

  test('--login warns, signs in once, and shows the password nowhere', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount();
    cloud.books.addWeighIns(account.id, 1);
    const dataDir = folder();
    const passwordFile = join(dataDir, 'password');
    writeFileSync(passwordFile, `${account.password}\n`);
    const login = ['--login', '--email', account.email, '--password-file', passwordFile];
    const pulled = await scaletap(
      ...['pull', 'renpho', '--data-dir', dataDir, ...login, ...cloud.upstreamFlags],
    );
    expect(pulled.code).toBe(0);
    expect(pulled.stderr).toContain('signing in logs the phone out of the app');
    expect(cloud.books.signIns).toBe(1);
    const shown = await scaletap('exchanges', 'show', '1', '--data-dir', dataDir);
    const listed = await scaletap('exchanges', '--data-dir', dataDir);
    const exported = await scaletap('exchanges', 'export', '--format', 'ndjson', '--data-dir', dataDir);
    for (const { stdout, stderr } of [pulled, shown, listed, exported]) {
      expect(stdout + stderr).not.toContain(account.password);
      expect(stdout + stderr).not.toContain(account.token);
    }
    expect(shown.stdout).toContain('"password":"***');
  });

  test('--login without a terminal and a file says so, and signs in nowhere', async () => {
    const cloud = await cloudOfTest();
    const args = ['pull', 'renpho', '--data-dir', folder(), '--login', '--email', 'a@b.example'];
    const { stderr } = await scaletap(...args, ...cloud.upstreamFlags);
    expect(stderr).toContain('name a file with --password-file');
    const missing = await scaletap(
      ...args,
      '--password-file',
      join(folder(), 'none'),
      ...cloud.upstreamFlags,
    );
    expect(missing.stderr).toContain('cannot be read (ENOENT)');
    expect(cloud.books.requests).toEqual([]);
  });

  test('--login-form signs in with what the old app has sent', async () => {
    const cloud = await cloudOfTest();
    const account = cloud.books.addAccount({ api: 'old' });
    cloud.books.addWeighIns(account.id, 2);
    const dataDir = folder();
    const args = ['pull', 'renpho', '--data-dir', dataDir, '--login', '--login-form', ...cloud.upstreamFlags];
    const without = await scaletap(...args);
    expect(without.stderr).toContain('no sign-in of the old app has crossed yet');
    const { email, passwordForm: password } = account;
    const form = JSON.stringify({ form: Object.entries({ email, password, secure_flag: '1' }) });
    inStore(dataDir, ({ values }) =>
      values.change(() => values.put('renpho', String(account.id), 'password-form', form, 1)),
    );
    const { code, stdout, stderr } = await scaletap(...args);
    expect(code).toBe(0);
    expect(stdout).toContain('2 rows');
    expect(stderr).toContain('signing in logs the phone out');
    expect(stdout + stderr).not.toContain(password);
    expect(cloud.books.signIns).toBe(1);
  });
});
