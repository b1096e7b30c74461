import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { Store } from '../../src/store/store.js';
import { vendorOf } from '../../src/vendors/index.js';
import type { Outcome } from './scaletap.js';
import { capturePath, folder, printed, scaletap } from './scaletap.js';

/** The scale of the captures, and its secret there. */
const scale = '00:24:e4:00:00:01';
const secret = '0123456789abcdef';

let dataDir: string;

/** What a WS-30 and its vendor said is known. */
beforeEach(async () => {
  dataDir = folder();
  await scaletap('import', '--data-dir', dataDir, capturePath('ws30-update2.http'));
});

function values(...args: string[]): Promise<Outcome> {
  return scaletap('values', ...args, '--data-dir', dataDir);
}

function text(...args: string[]): Promise<string> {
  return printed('values', ...args, '--data-dir', dataDir);
}

/** All that is kept, as it is. */
function kept() {
  const store = new Store(dataDir, vendorOf);
  const found = store.values.list();
  store.close();
  return found;
}

describe('list', () => {
  test('tells device, vendor, name, age and size, and no text', async () => {
    const listed = await text();
    expect(listed).toMatch(/^DEVICE +VENDOR +NAME +AGE +BYTES\n/);
    expect(listed).toMatch(new RegExp(`^${scale}  withings  secret +\\d+ d +16$`, 'm'));
    expect(listed).not.toContain(secret);
    expect(await text('list')).toBe(listed);
  });

  test.each([
    [{ seconds: 5 }, /\b[5-9] s\b/],
    [{ seconds: 150 }, /\b2 min\b/],
    [{ seconds: 7300 }, /\b2 h\b/],
    [{ seconds: 200_000 }, /\b2 d\b/],
    [{ seconds: -500 }, /\b0 s\b/],
  ])('an age of %j is told as %s', async ({ seconds }, shown) => {
    const store = new Store(dataDir, vendorOf);
    store.values.change(() =>
      store.values.put('withings', scale, 'language', 'de', (Date.now() - seconds * 1000) * 1000),
    );
    store.close();
    const line = (await text()).split('\n').find((row) => row.includes(' language '));
    expect(line).toMatch(shown);
  });

  test('may be of one device or vendor', async () => {
    await text('set', '00:24:e4:00:00:02', 'language', 'de');
    const rows = (await text('list', '--device', '00:24:e4:00:00:02')).trimEnd().split('\n');
    expect(rows).toHaveLength(2);
    expect((await values('--vendor', 'renpo')).stderr).toContain('renpo is none of');
  });
});

describe('show', () => {
  test('one value is its text alone, so that it can be edited and set again', async () => {
    const users = await text('show', scale, 'users');
    expect(JSON.parse(users)).toEqual([expect.objectContaining({ id: 1744475, sn: 'MIC' })]);
    const file = join(folder(), 'users.json');
    writeFileSync(file, users.replace('MIC', 'ANA'));
    await text('set', scale, 'users', `@${file}`);
    expect(await text('show', scale, 'users')).toBe(users.replace('MIC', 'ANA'));
  });

  test('all of a device stand under their names and times', async () => {
    const shown = await text('show', scale.toUpperCase());
    expect(shown).toMatch(/^once {2}\(2013-03-20 /m);
    expect(shown).toMatch(/^ {2}\[\{"id":1744475,/m);
  });

  test('secrets and session ids are covered unless they are asked for', async () => {
    const covered = await text('show', scale);
    expect(covered).not.toContain(secret);
    expect(covered).toContain(`  ${'*'.repeat(16)}\n`);
    expect(covered).toMatch(/"sessionid":"\*+"/);
    expect(await text('show', scale, 'secret')).toBe(`${'*'.repeat(16)}\n`);
    expect(await text('show', scale, 'secret', '--show-secrets')).toBe(`${secret}\n`);
    expect(await text('show', scale, 'session', '--show-secrets')).not.toContain('*');
  });

  test('what is not there is an error that tells what is', async () => {
    expect((await values('show', scale, 'secrte')).stderr).toMatch(
      /^00:24:e4:00:00:01 has no value secrte; did you mean secret\? \(there are .*once, .*secret, /,
    );
    expect((await values('show', '00:24:e4:00:00:09')).stderr).toContain(
      'has no values of 00:24:e4:00:00:09',
    );
    const { stderr, code } = await values('show', 'kitchen');
    expect(stderr).toBe(
      'kitchen is neither the address of a device, such as 00:24:e4:00:00:01, nor the id of an account',
    );
    expect(code).toBe(2);
  });

  test('nothing in a text can steer the terminal', async () => {
    const store = new Store(dataDir, vendorOf);
    store.values.change(() => store.values.put('withings', scale, 'session', '{"a":"\x1b[2J"}', 0));
    store.close();
    expect(await text('show', scale, 'session', '--show-secrets')).toBe('{"a":"\\x1b[2J"}\n');
  });
});

describe('set', () => {
  test('goes before what is known, and needs no store yet', async () => {
    dataDir = join(folder(), 'new');
    expect(await text('set', scale, 'gravity', '98065')).toBe(`gravity of ${scale} is set, 5 bytes\n`);
    expect(await text('show', scale, 'gravity')).toBe('98065\n');
    await text('set', scale, 'gravity', '98066');
    expect(await text('show', scale, 'gravity')).toBe('98066\n');
  });

  test('a text may be empty', async () => {
    await text('set', scale, 'learn-secret', '1');
    await text('set', scale, 'learn-secret', '');
    expect(await text('show', scale, 'learn-secret')).toBe('\n');
  });

  test.each([
    [['set', scale, 'usres', '[]'], 2, 'usres is not a value of withings; did you mean users? (there are '],
    [['set', scale, 'users', 'nobody'], 1, 'users: the text is not a JSON list of users'],
    [['set', scale, 'secret', 'x'.repeat(65)], 1, 'secret: the text is not 1 to 64 printable characters'],
    [['set', scale, 'gravity', '9.8'], 1, 'gravity: the text is not a whole number from 97000 to 99000'],
    [['set', scale, 'gravity', '@/nowhere/x'], 1, '/nowhere/x cannot be read (ENOENT)'],
    [['set', 'kitchen', 'gravity', '97918'], 2, 'kitchen is neither the address of a device'],
    [['set', scale, 'gravity'], 2, 'the command needs one more word'],
    [['set', scale], 2, 'the command needs 2 more words'],
    [['set', scale, 'gravity', '97918', 'm/s2'], 2, 'm/s2 is too much'],
  ])('%j changes nothing', async (args, code, message) => {
    const before = kept();
    const outcome = await values(...args);
    expect(outcome.stderr).toContain(message);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(kept()).toEqual(before);
  });

  test('a wrong secret is not repeated', async () => {
    const { stderr } = await values('set', scale, 'secret', 'hunter2 hunter2');
    expect(stderr).not.toContain('hunter2');
  });
});

test('remove takes one value away', async () => {
  expect(await text('remove', scale, 'secret')).toBe(`secret of ${scale} is removed\n`);
  expect(kept().map(({ name }) => name)).not.toContain('secret');
  expect(await values('remove', scale, 'secret')).toMatchObject({ code: 1, stdout: '' });
});

describe('export and import', () => {
  async function exported(...args: string[]): Promise<string> {
    const file = join(folder(), 'values.json');
    expect((await values('export', '--out', file, ...args)).code).toBe(0);
    return file;
  }

  test('with secrets, another machine has the same values', async () => {
    const before = kept();
    const file = await exported('--show-secrets');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      format: 'scaletap-values',
      version: 1,
      exported: expect.stringMatching(/^\d{4}-.*Z$/),
      masked: false,
    });
    dataDir = join(folder(), 'another');
    expect(await text('import', file)).toMatch(
      new RegExp(`: ${before.length} values, ${before.length} taken\n$`),
    );
    expect(kept()).toEqual(
      before.map((value) => ({ ...value, updatedAtUs: Math.floor(value.updatedAtUs / 1000) * 1000 })),
    );
    expect(await text('import', file)).toContain(', 0 taken\n');
  });

  test('without, they are left out, and it says so', async () => {
    const { stdout, stderr } = await values('export');
    expect(stdout).not.toContain(secret);
    expect(stderr).toContain('1 secret left out');
    const file = JSON.parse(stdout);
    expect(file.masked).toBe(true);
    const names = file.values.map(({ name }: { name: string }) => name);
    expect(names).toContain('session');
    expect(names).not.toContain('secret');
    const sessionId = /"sessionid":"([^"]+)"/.exec(
      await text('show', scale, 'session', '--show-secrets'),
    )?.[1];
    expect(sessionId).toMatch(/-/);
    expect(stdout).not.toContain(sessionId);
  });

  test('the younger value stays, unless --replace says otherwise', async () => {
    const file = await exported('--show-secrets');
    await text('set', scale, 'users', '[]');
    await text('set', scale, 'secret', 'younger');
    expect(await text('import', file)).toMatch(/, 0 taken, 2 left out, since what is here is younger/);
    expect(await text('show', scale, 'users')).toBe('[]\n');
    expect(await text('import', file, '--replace')).toMatch(/, 2 taken\n$/);
    expect(await text('show', scale, 'secret', '--show-secrets')).toBe(`${secret}\n`);
  });

  test('what was learnt and is no sound value is left out by name', async () => {
    const store = new Store(dataDir, vendorOf);
    store.values.change(() => store.values.put('withings', scale, 'users', '"all"', 0));
    store.close();
    const { stdout, stderr } = await values('export', '--show-secrets');
    expect(stderr).toContain(`users of ${scale} is left out: it is not a JSON list of users`);
    expect(stdout).not.toContain('"users"');
  });

  test('a value out of the future is as young as now, so that what is learnt later goes before it', async () => {
    const file = await exported();
    const parsed = JSON.parse(readFileSync(file, 'utf8'));
    for (const value of parsed.values) value.updatedAt = '2999-01-01T00:00:00.000Z';
    writeFileSync(file, JSON.stringify(parsed));
    dataDir = folder();
    await text('import', file);
    for (const { updatedAtUs } of kept()) expect(updatedAtUs).toBeLessThanOrEqual(Date.now() * 1000);
  });

  const value = {
    vendor: 'withings',
    device: scale,
    name: 'language',
    updatedAt: '2026-01-31T06:30:00Z',
    text: 'de',
  };
  const file = { format: 'scaletap-values', version: 1, values: [value] };
  const withValue = (...given: unknown[]) => JSON.stringify({ ...file, values: [value, ...given] });

  test.each([
    ['nothing', '', 'not a sound file of values: it is not JSON'],
    ['half of it', JSON.stringify(file).slice(0, -9), 'not a sound file of values: it is not JSON'],
    ['a list', '[]', 'is not a file of values'],
    ['a HAR', '{"log":{"entries":[]}}', 'exchanges are taken in by scaletap import'],
    ['a newer version', JSON.stringify({ ...file, version: 2 }), 'was written by a newer scaletap'],
    ['a version in words', JSON.stringify({ ...file, version: '1' }), 'its version is not a number'],
    ['no values', JSON.stringify({ ...file, values: {} }), 'it has no list of values'],
    ['a number for a value', withValue(7), 'value 2 is not an object'],
    ['a number for a text', withValue({ ...value, text: 7 }), 'value 2 has no text text'],
    ['no device', withValue({ ...value, device: undefined }), 'value 2 has no text device'],
    ['another vendor', withValue({ ...value, vendor: 'acme' }), 'value 2 is of the vendor "acme"'],
    ['another device', withValue({ ...value, device: 'kitchen' }), 'value 2 has "kitchen" for the address'],
    ['an unknown name', withValue({ ...value, name: 'usres' }), 'value 2 (usres) is not a value that'],
    ['a wrong text', withValue({ ...value, name: 'gravity' }), 'value 2 (gravity) is not a whole number'],
    ['no time', withValue({ ...value, updatedAt: 'soon' }), 'value 2 has an updatedAt that is not a time'],
    ['the same twice', withValue(value), 'language of 00:24:e4:00:00:01 is there twice'],
    ['what steers', withValue({ ...value, vendor: '\x1b[2J' }), 'of the vendor "\\u001b[2J"'],
  ])('a file with %s is refused, and nothing is changed', async (_, content, message) => {
    const path = join(folder(), 'values.json');
    writeFileSync(path, content);
    const before = kept();
    const { code, stdout, stderr } = await values('import', path, '--replace');
    expect(stderr).toContain(`${path}`);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(kept()).toEqual(before);
  });

  test('a file that is not there makes no store', async () => {
    dataDir = join(folder(), 'none');
    expect((await values('import', '/nowhere/values.json')).stderr).toContain('cannot be read (ENOENT)');
    expect((await values('list')).stderr).toContain('there is no database');
  });
});

describe('learn-secret', () => {
  test('says what it means, and how to undo it', async () => {
    await text('remove', scale, 'secret');
    const said = await text('learn-secret', scale);
    for (const word of [
      'passphrase of your Wi-Fi',
      'Bluetooth key',
      'in clear',
      `remove ${scale} learn-secret`,
    ]) {
      expect(said).toContain(word);
    }
    expect(await text('show', scale, 'learn-secret')).toBe('1\n');
  });

  test('asks for nothing that is known', async () => {
    expect(await text('learn-secret', scale)).toContain('is known already');
    expect(kept().map(({ name }) => name)).not.toContain('learn-secret');
  });

  test('takes no device that was never seen', async () => {
    expect((await values('learn-secret', '00:24:e4:00:00:09')).stderr).toContain('has no values of');
  });
});
