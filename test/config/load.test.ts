import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Loaded } from '../../src/config/load.js';
import { loadSettings } from '../../src/config/load.js';
import { UsageError, UserError } from '../../src/model/errors.js';

let folder: string;
const before = process.cwd();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scaletap-config-'));
  process.chdir(folder);
});

afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

/** `given` is flags with their texts; `file` becomes scaletap.yaml. */
async function load(
  given: Record<string, string[]> = {},
  env: Record<string, string> = {},
  file?: string,
): Promise<Loaded> {
  if (file !== undefined) writeFileSync('scaletap.yaml', file);
  return loadSettings({ command: 'serve', flags: new Map(Object.entries(given)), env });
}

async function problem(...given: Parameters<typeof load>): Promise<UserError> {
  const error: unknown = await load(...given).catch((cause: unknown) => cause);
  if (error instanceof UserError) return error;
  throw new Error('no UserError', { cause: error });
}

test('everything has a default', async () => {
  const { settings, warnings, origins } = await load();
  expect(settings).toMatchObject({
    dataDir: './data',
    listen: [],
    mode: 'auto',
    upstreamDns: ['9.9.9.9', '1.1.1.1'],
    maxConnections: 256,
    maxHeadBytes: 65536,
    tapBodyBytes: 16 * 1024 * 1024,
    headTimeout: 30,
    connectTimeout: 5,
    idleTimeout: 300,
    journalMaxAge: 0,
    journalMaxSize: 1024,
    influxUrl: null,
    logLevel: 'info',
    firstByteTimeout: 5,
    answerTimeout: 10,
    failOn: ['lookup', 'connect', 'lost', 'timeout', 'server-error', 'not-protocol'],
    breakerFailures: 1,
    probeInterval: 30,
    maxValueAge: 0,
    learn: 'always',
    people: [],
    timeZone: null,
    latitude: null,
    altitude: 0,
    language: null,
    requireAuth: false,
    allowFirmware: false,
    catchUpTime: 5,
    catchUpEvery: 0,
  });
  expect(warnings).toEqual([]);
  expect(origins).toEqual([]);
});

describe('order', () => {
  const file = 'idle-timeout: 3';

  test('flag, variable, file, default', async () => {
    const env = { SCALETAP_IDLE_TIMEOUT: '2' };
    const idle = async (...given: Parameters<typeof load>) => (await load(...given)).settings.idleTimeout;
    expect(await idle({ 'idle-timeout': ['1'] }, env, file)).toBe(1);
    expect(await idle({}, env, file)).toBe(2);
    expect(await idle({}, {}, file)).toBe(3);
    expect(await idle({}, {}, '')).toBe(300);
  });

  test('an empty variable and a key without a value are not set', async () => {
    const { settings } = await load({}, { SCALETAP_IDLE_TIMEOUT: '' }, 'idle-timeout:\nlisten: 8080');
    expect(settings.idleTimeout).toBe(300);
    expect(settings.listen).toEqual([{ host: null, port: 8080 }]);
  });

  test('a list replaces the list of a lesser source', async () => {
    const { settings } = await load({ listen: ['1', '2'] }, { SCALETAP_LISTEN: '3' }, 'listen: [4, 5]');
    expect(settings.listen.map(({ port }) => port)).toEqual([1, 2]);
  });
});

describe('lists', () => {
  test.each([
    ['a list', 'upstream-dns: [192.0.2.1, "[2001:db8::1]:53"]'],
    ['one text', 'upstream-dns: 192.0.2.1, [2001:db8::1]:53'],
    ['a block', 'upstream-dns:\n  - 192.0.2.1\n  - "[2001:db8::1]:53"'],
  ])('in a file are %s', async (_, file) => {
    expect((await load({}, {}, file)).settings.upstreamDns).toEqual(['192.0.2.1', '[2001:db8::1]:53']);
  });

  test('in a variable have commas', async () => {
    const { settings } = await load({}, { SCALETAP_UPSTREAM: 'a.example, b.example=192.0.2.1:80' });
    expect(settings.upstream).toEqual([
      { host: 'a.example', address: null, port: null },
      { host: 'b.example', address: '192.0.2.1', port: 80 },
    ]);
  });

  test('must not be empty', async () => {
    expect((await problem({}, {}, 'upstream-dns: []')).message).toBe(
      'scaletap.yaml: upstream-dns: is an empty list; name something or leave it out',
    );
  });
});

describe('the file', () => {
  test('is looked for here, then in the data folder', async () => {
    mkdirSync('kept');
    writeFileSync('kept/scaletap.yaml', 'idle-timeout: 7');
    expect((await load({ 'data-dir': ['kept'] })).settings.idleTimeout).toBe(7);
    expect((await load({}, { SCALETAP_DATA_DIR: 'kept' })).settings.idleTimeout).toBe(7);
    expect((await load({ 'data-dir': ['kept'] }, {}, 'idle-timeout: 8')).settings.idleTimeout).toBe(8);
  });

  test('can be named, and must then be there', async () => {
    writeFileSync('other.yaml', 'idle-timeout: 9');
    expect((await load({ config: ['other.yaml'] }, {}, 'idle-timeout: 8')).settings.idleTimeout).toBe(9);
    expect((await load({}, { SCALETAP_CONFIG: 'other.yaml' })).settings.idleTimeout).toBe(9);
    const { message } = await problem({ config: ['none.yaml'] });
    expect(message).toMatch(/^none\.yaml: cannot be read \(ENOENT.*; name another file with --config$/);
    expect((await problem({ config: [''] })).message).toBe('--config: "" is empty');
    expect((await problem({ config: ['.'] })).message).toMatch(/^\.: cannot be read \(EISDIR/);
  });

  test('may be empty or all comment', async () => {
    for (const file of ['', '# nothing\n', '---\n', 'null']) {
      expect((await load({}, {}, file)).settings.idleTimeout).toBe(300);
    }
  });

  test.each([
    ['a list', '- data-dir: x', 'holds a list; write a key and its value'],
    ['a text', 'data-dir', 'holds a single value; write a key and its value'],
    ['no YAML', 'listen: [80', 'is not YAML, line '],
    ['a tab', 'listen:\n\t- 80', 'is not YAML, line 2'],
    ['a key twice', 'mode: live\nmode: live', 'is not YAML, line 2: Map keys must be unique'],
    ['many aliases', bomb(), 'is not YAML'],
    ['a map as value', 'data-dir: {a: b}', 'data-dir: holds a structure where a value should be'],
    ['a list of maps', 'listen: [{port: 80}]', 'listen: holds a structure where a value should be'],
    ['nothing in a list', 'listen: [~]', 'listen: holds nothing where a value should be'],
  ])('that holds %s is refused by name', async (_, file, message) => {
    const error = await problem({}, {}, file);
    expect(error.message).toContain(`scaletap.yaml: ${message}`);
    expect(error.message).not.toContain('\n');
    expect(error.exitCode).toBe(1);
  });

  test('that is not YAML does not show its passwords', async () => {
    const { message } = await problem({}, {}, 'influx-url: http://me:hunter2@nas/db: [');
    expect(message).toContain('scaletap.yaml: is not YAML');
    expect(message).not.toContain('hunter2');
  });
});

describe('what is not known', () => {
  test('in the file or the variables is a warning with the nearest name', async () => {
    const { warnings } = await load(
      {},
      { SCALETAP_LISTN: '80', SCALETAP_FOO: 'x', HOME: '/' },
      'idle-timout: 3\n7: x',
    );
    expect(warnings).toEqual([
      'SCALETAP_LISTN is not a variable of scaletap and is passed over; did you mean SCALETAP_LISTEN?',
      'SCALETAP_FOO is not a variable of scaletap and is passed over',
      'scaletap.yaml: 7 is not a setting and is passed over',
      'scaletap.yaml: idle-timout is not a setting and is passed over; did you mean idle-timeout?',
    ]);
  });

  test('a file cannot name another file', async () => {
    const { warnings } = await load({}, {}, 'config: other.yaml');
    expect(warnings).toEqual(['scaletap.yaml: config is not a setting and is passed over']);
  });

  test('keys that every object has are not known either', async () => {
    const { warnings } = await load({}, {}, '__proto__: x\nconstructor: y');
    expect(warnings).toHaveLength(2);
  });

  test('as a flag is an error', async () => {
    const error = await problem({ 'data-dri': ['x'] });
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe('--data-dri is not a flag of scaletap serve; did you mean --data-dir?');
    expect((await problem({ x: ['true'] })).message).toBe('-x is not a flag of scaletap serve');
    expect((await problem({ since: ['7d'] })).message).toBe(
      '--since is not a flag of scaletap serve; it belongs to readings and weigh-ins and exchanges and pull',
    );
    expect((await problem({ '\x1b[2J': ['x'] })).message).toBe('--\\x1b[2J is not a flag of scaletap serve');
  });
});

describe('a wrong value', () => {
  test.each([
    ['flag', { 'idle-timeout': ['soon'] }, {}, undefined, '--idle-timeout', 2],
    ['variable', {}, { SCALETAP_IDLE_TIMEOUT: 'soon' }, undefined, 'SCALETAP_IDLE_TIMEOUT', 1],
    ['key', {}, {}, 'idle-timeout: soon', 'scaletap.yaml: idle-timeout', 1],
  ])('names the %s', async (_, flags, env, file, origin, exitCode) => {
    const error = await problem(flags, env, file);
    expect(error.message).toBe(`${origin}: "soon" is not a number of seconds; write one such as 300`);
    expect(error.exitCode).toBe(exitCode);
  });

  test.each([
    ['idle-timeout: true', '"true" is not a number of seconds'],
    ['idle-timeout: [1, 2]', 'is given more than once; it takes one number'],
    ['idle-timeout: []', 'is an empty list; it takes one number'],
    ['idle-timeout: .inf', '"Infinity" is not a number of seconds'],
    ['max-connections: 1.5', '"1.5" is not a whole number of connections'],
    ['mode: replay', '"replay" is none of auto, live, offline'],
    ['fail-on: [connect, 5xx]', '"5xx" is none of lookup, connect, lost, timeout, server-error'],
    ['breaker-failures: 0', '"0" is not a whole number of failures from 1 to'],
    ['learn: once', '"once" is none of always, never'],
    ['time-zone: +01:00', '"+01:00" is not the name of a time zone, such as Europe/Berlin'],
    ['latitude: 90.5', '"90.5" is not a number of degrees from -90 to 90'],
    ['altitude: -431', '"-431" is not a number of metres from -430 to 9000'],
    ['language: english', '"english" is not a language, such as en_GB or de'],
    ['data-dir: ""', '"" is empty'],
    ['listen: ["80", nowhere]', '"nowhere" has no port'],
    ['show-secrets: perhaps', '"perhaps" is neither true nor false'],
    ['data-dir: "\\x1b[2J "\nlog-level: "\\x1b[2J"', '"\\u001b[2J" is none of error, warn, info, debug'],
  ])('%s', async (file, message) => {
    expect((await problem({}, {}, file)).message).toContain(message);
  });

  test('given twice as a flag', async () => {
    expect((await problem({ 'data-dir': ['a', 'b'] })).message).toBe(
      '--data-dir: is given more than once; it takes one value',
    );
  });

  test('does not show the password in it', async () => {
    const { message } = await problem({ 'influx-url': ['http://me:hunter2@nas'] });
    expect(message).toContain('"http://***@nas" does not end with the name of one database');
  });
});

test('settings of place and failure are taken', async () => {
  const { settings } = await load(
    { latitude: ['-33.9'], 'fail-on': ['connect', 'Status'] },
    { SCALETAP_TIME_ZONE: 'Africa/Johannesburg', SCALETAP_LANGUAGE: 'en-za' },
    'mode: offline\naltitude: -10.5\nrequire-auth: yes',
  );
  expect(settings).toMatchObject({
    latitude: -33.9,
    failOn: ['connect', 'status'],
    timeZone: 'Africa/Johannesburg',
    language: 'en_ZA',
    mode: 'offline',
    altitude: -10.5,
    requireAuth: true,
  });
});

test('where settings come from is told without passwords', async () => {
  const { origins } = await load(
    { listen: ['80', '81'] },
    { SCALETAP_INFLUX_URL: 'http://me:hunter2@nas/db' },
    'idle-timeout: 3\npeople: [{name: Ana, birth-date: 1992-08-14}]',
  );
  expect(origins).toEqual([
    'listen = 80, 81 (--listen)',
    'people = *** (scaletap.yaml: people)',
    'idle-timeout = 3 (scaletap.yaml: idle-timeout)',
    'influx-url = http://***@nas/db (SCALETAP_INFLUX_URL)',
  ]);
});

/** Nine levels of nine aliases each: 9^9 texts when resolved. */
function bomb(): string {
  const levels = ['a0: &a0 [x]'];
  for (let i = 1; i < 10; i++)
    levels.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  return levels.join('\n');
}
