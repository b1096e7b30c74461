import { describe, expect, test } from 'vitest';
import { folder, scaletap } from './scaletap.js';

describe('help', () => {
  test('shows the commands, the flags by group and examples', async () => {
    const { code, stdout } = await scaletap('--help');
    expect(code).toBe(0);
    for (const command of ['serve', 'demo', 'readings', 'exchanges', 'import <files..>']) {
      expect(stdout).toMatch(new RegExp(`^ +scaletap ${command.replaceAll('.', '\\.')} `, 'm'));
    }
    for (const text of [
      'Relay:',
      '--listen',
      'may be repeated',
      'Examples:',
      'scaletap demo',
      'SCALETAP_DATA_DIR',
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test.each([
    [['readings', '--help'], '--csv'],
    [['exchanges', '--help'], 'exchanges show <id>'],
    [['exchanges', 'export', '-h'], '--format'],
    [['import', '--help'], '--data-dir'],
    [['values', '--help'], 'values learn-secret <address>'],
    [['values', 'show', '--help'], '--show-secrets'],
  ])('%j shows %s', async (args, text) => {
    const { code, stdout } = await scaletap(...args);
    expect(code).toBe(0);
    expect(stdout).toContain(text);
  });

  test('--version shows the version alone', async () => {
    expect((await scaletap('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });
});

describe('a wrong command line says what is wrong, and ends with 2', () => {
  test.each([
    [['reding'], 'reding is not a command; did you mean readings?'],
    [['exchanges', 'shwo', '1'], 'shwo is not a command; did you mean show?'],
    [['readings', 'all'], 'all is too much'],
    [['serve', 'serve'], 'serve is too much'],
    [['exchanges', 'show'], 'the command needs one more word'],
    [['import'], 'the command needs one more word'],
    [['values', 'set', '00:24:e4:00:00:01'], 'the command needs 2 more words'],
    [['values', 'lsit'], 'lsit is not a command; did you mean list?'],
    [['values', 'shwo', 'x'], 'shwo is not a command; did you mean show?'],
    [['vaules'], 'vaules is not a command; did you mean values?'],
    [['values', '--mode', 'offline'], '--mode is not a flag of scaletap values; it belongs to serve'],
    [['--people', 'Ana'], '--people: is not JSON; write [{"name": "Ana"}]'],
    [['--data-dri', 'x'], '--data-dri is not a flag of scaletap serve; did you mean --data-dir?'],
    [['readings', '--follow'], '--follow is not a flag of scaletap readings; it belongs to exchanges'],
    [['readings', '--limit'], 'Not enough arguments following: limit'],
    [['readings', '--limit', '0'], '--limit: "0" is not a whole number of entries from 1 to'],
    [['readings', '--limit', '-1'], '--limit: "-1" is not a whole number of entries'],
    [['readings', '--since', 'soon'], '--since: "soon" is not a time'],
    [['readings', '--json', '--csv'], '--json and --csv cannot both be had'],
    [['readings', '--vendor', 'withing'], 'withing is none of withings'],
    [['exchanges', 'show', 'x'], 'x is not the id of an exchange'],
    [['exchanges', 'show', '0'], '0 is not the id of an exchange'],
    [['exchanges', 'export'], 'name a format with --format (har, ndjson, http) or a file with --out'],
    [
      ['exchanges', 'export', '--out', 'x.hra'],
      '.hra is none of the formats har, ndjson, http; did you mean har?',
    ],
    [['exchanges', 'export', '--format', 'xml'], '--format: "xml" is none of har, ndjson, http'],
    [['--listen', 'nowhere'], '--listen: "nowhere" has no port'],
  ])('%j', async (args, message) => {
    const { code, stderr, stdout } = await scaletap(...args);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

test.each([
  [['readings']],
  [['exchanges']],
  [['exchanges', 'show', '1']],
  [['exchanges', 'export', '--format', 'har']],
  [['values']],
  [['values', 'show', '00:24:e4:00:00:01']],
  [['values', 'export']],
  [['values', 'learn-secret', '00:24:e4:00:00:01']],
])('%j without a database says so, and makes none', async (args) => {
  const dataDir = folder();
  const { code, stderr } = await scaletap(...args, '--data-dir', dataDir);
  expect(stderr).toContain(`there is no database ${dataDir}/scaletap.db yet`);
  expect(code).toBe(1);
});
