import { expect, test } from 'vitest';
import { captures, said } from '../wire/captures.js';
import { playCloud, playScale } from './cloud.js';
import {
  bytesOf,
  capturePath,
  exchangeOf,
  exportedLines,
  folder,
  output,
  Program,
  readingsOf,
  run,
  serve,
} from './scaletap.js';

/** Scales call a running `scaletap serve`; beside it a person looks at what came. */

/** Secrets in the bytes of the captures: in hex the auth secret and the Bluetooth key; session ids. */
const crossed = [
  '30313233343536373839616263646566',
  '0102030405060708090a0b0c0d0e0f10',
  '6256-51492c6d-5483c37e',
  '4924-51493147-1813ac3d',
  '4079-f5f75535-2f5ea8eb',
  '546-4c818c8e-3b918091',
];
/** The auth secret as text. It does not cross so, but the values have it. */
const secrets = [...crossed, '0123456789abcdef'];

/** Serves, and plays every capture through it. */
async function served(flags: readonly string[] = []) {
  const dataDir = folder();
  const cloud = await playCloud(captures());
  const { program, port } = await serve(dataDir, cloud.port, flags);
  for (const capture of captures()) await playScale(capture, port);
  expect(cloud.faults).toEqual([]);
  return { dataDir, program, port };
}

test('captures cross byte for byte, and are in journal and readings while it runs', async () => {
  const { dataDir, program } = await served();
  await program.says(/keeping exchanges and readings in .*scaletap\.db/);
  await expect.poll(async () => (await exportedLines(dataDir)).length, { timeout: 10_000 }).toBe(24);
  const exported = (await exportedLines(dataDir)).map(exchangeOf);
  expect(Buffer.concat(exported.map(({ request }) => bytesOf(request)))).toEqual(
    Buffer.concat(captures().map((capture) => said(capture, 'client'))),
  );
  const answers = exported.map(({ interim, response }) =>
    Buffer.concat([Buffer.from(interim, 'base64'), bytesOf(response)]),
  );
  expect(Buffer.concat(answers)).toEqual(
    Buffer.concat(captures().map((capture) => said(capture, 'upstream'))),
  );

  const found = (await readingsOf(dataDir)).map(({ time, kind, value }) => `${time} ${kind} ${value}`);
  expect(found).toHaveLength(22);
  expect(found).toEqual(
    expect.arrayContaining([
      '2010-09-04T00:01:52.000Z weight 66.85',
      '2010-09-04T00:02:14.000Z resistance_intra 2292',
      '2013-03-20T03:26:37.000Z battery_voltage 5957',
      '2013-12-14T20:30:12.000Z weight 84.216',
      '2013-12-14T20:30:12.000Z room_temperature 20.2',
    ]),
  );
  const list = await output('exchanges', '--data-dir', dataDir);
  expect(list.trimEnd().split('\n')).toHaveLength(25);
  expect(list).toMatch(/withings {2}00:24:e4:00:00:50 {2}v2\/measure +200/);

  expect(await program.kill('SIGTERM')).toBe(0);
  expect(program.stderr).not.toMatch(/ (warn|error) /);
});

test('no secret is in listings, exports or the log unless it is asked for', async () => {
  const { dataDir, program } = await served(['--log-level', 'debug']);
  await program.kill('SIGTERM');
  const ids = Array.from({ length: 24 }, (_, i) => String(i + 1));
  const at = ['--data-dir', dataDir];
  const exported = ['har', 'ndjson', 'http'].map((format) =>
    output('exchanges', 'export', '--format', format, ...at),
  );
  const seen = await Promise.all([
    output('exchanges', 'list', ...at),
    ...exported,
    ...ids.filter((id) => Number(id) % 4 === 0).map((id) => output('exchanges', 'show', id, ...at)),
  ]);
  seen.push(program.stderr, decoded(seen[2] ?? ''));
  for (const text of seen) for (const secret of secrets) expect(text).not.toContain(secret);

  const open = await output('exchanges', 'export', '--format', 'http', '--show-secrets', ...at);
  for (const secret of crossed) expect(open).toContain(secret);
});

/** The base64 of an NDJSON export, as text. */
function decoded(ndjson: string): string {
  return ndjson.replace(/"(head|body|interim)":"([^"]*)"/g, (_, _name, base64) =>
    Buffer.from(base64, 'base64').toString('latin1'),
  );
}

test('import of captures comes twice without doubling, beside a running relay', async () => {
  const files = ['ws30-update.http', 'ws30-association.http', 'wbs01-weigh-in.http', 'ws50-weigh-in.http'];
  const dataDir = folder();
  const cloud = await playCloud(captures());
  const { program, port } = await serve(dataDir, cloud.port);
  const importing = () => run('import', ...files.map(capturePath), '--data-dir', dataDir);
  const first = importing();
  for (const capture of captures()) await playScale(capture, port);
  expect(await first).toMatchObject({ code: 0, stderr: '' });
  const second = await importing();
  expect(second).toMatchObject({ code: 0, stderr: '' });
  expect(second.stdout.match(/, 0 new, 0 new readings/g)).toHaveLength(files.length);
  await program.kill('SIGTERM');
  const sources = (await exportedLines(dataDir)).map((line) => exchangeOf(line).source);
  expect(sources.filter((source) => source === 'live')).toHaveLength(24);
  expect(sources).toHaveLength(24 + 20);
  expect(await readingsOf(dataDir)).toHaveLength(22);
});

test('demo prints the readings of the captures and where they are, again and again', async () => {
  const dataDir = folder();
  const shown = await output('demo', '--data-dir', dataDir);
  for (const { exchanges } of captures())
    expect(shown).toContain(`: ${exchanges} exchanges, every byte as recorded`);
  expect(shown.match(/^20\d\d-\d\d-\d\d .*/gm)).toHaveLength(22);
  expect(shown).toMatch(/^2010-09-0\S+ \S+ \S+ +PRX +00:24:e4:ff:fc:01 +Weight +66\.85 kg$/m);
  expect(shown).toMatch(/^2013-12-1\S+ \S+ \S+ +FED +00:24:e4:00:00:50 +Heart rate +93 bpm$/m);
  expect(shown).toMatch(/^2013-12-1\S+ \S+ \S+ +00:24:e4:00:00:50 +CO2 +655 ppm$/m);
  expect(shown).toContain(`They are kept in ${dataDir}/demo/scaletap.db.`);
  expect(await output('demo', '--data-dir', dataDir)).toBe(shown);
  expect(await readingsOf(`${dataDir}/demo`)).toHaveLength(22);
});

test('demo --keep-open shows the page until it is stopped', async () => {
  const dataDir = folder();
  const flags = ['--keep-open', '--web-listen', '127.0.0.1:0', '--data-dir', dataDir];
  const program = new Program(['demo', ...flags]);
  const [, url = ''] = await program.prints(/^The page: (http:\S+)\/ /m);
  const { people } = (await (await fetch(`${url}/api/people`)).json()) as { people: { name: string }[] };
  expect(people.map(({ name }) => name)).toEqual(['FED', 'PRX']);
  expect(await program.kill('SIGTERM')).toBe(0);
});
