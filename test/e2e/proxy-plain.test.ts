import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kindCloud } from './cloud.js';
import { curl } from './curl.js';
import { Proxied } from './proxied.js';

/** What a running scaletap does with plain HTTP as a proxy: it forwards, and has pages of its own. */

/** Posts a form by the proxy, as a whole URL. */
async function post(house: Proxied, url: string, form: string, ...more: readonly string[]): Promise<string> {
  const proxy = ['--proxy', `http://127.0.0.1:${house.port}`];
  const { stdout, stderr, code } = await curl([...proxy, ...more, '--data', form, url]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

const form = 'action=get&test=1';
const url = 'http://scalews.withings.net/cgi-bin/once';

test.each([[[]], [['--proxytunnel']]])(
  'plain HTTP to the host of a scale is relayed and kept, with %j',
  async (more) => {
    const cloudPort = await kindCloud();
    const house = await Proxied.open(['--upstream', `scalews.withings.net=127.0.0.1:${cloudPort}`]);
    const answer = await post(house, url, form, '--header', 'X-oDD: as It Is', ...more);
    expect(answer).toBe('{"status":0,"body":{"once":"21112cb3-1b433eef"}}');
    await house.exchanges(1);
    const kept = await house.output('exchanges', 'export', '--format', 'http', '--show-secrets');
    // The request line is that of a server, and what was for the proxy has gone; all else is curl's own.
    expect(kept).toMatch(
      /^POST \/cgi-bin\/once HTTP\/1\.1\r\nHost: scalews\.withings\.net\r\nUser-Agent: curl\/\S+\r\nAccept: \*\/\*\r\n(?!Proxy-)(.*\r\n)*X-oDD: as It Is\r\n/,
    );
    expect(kept).not.toMatch(/proxy-/i);
  },
);

test('two requests to two hosts on one connection each reach their own', async () => {
  const [one, other] = [await kindCloud(), await kindCloud()];
  const house = await Proxied.open([
    ...['--upstream', `scalews.withings.net=127.0.0.1:${one}`],
    ...['--upstream', `s5.withings.net=127.0.0.1:${other}`],
  ]);
  const both = [url, 'http://s5.withings.net/cgi-bin/once'];
  const args = [
    '--proxy',
    `http://127.0.0.1:${house.port}`,
    '--data',
    form,
    '--write-out',
    ' %{http_code} %{num_connects}\n',
  ];
  const { stdout } = await curl([...args, ...both]);
  expect(stdout.match(/"status":0.* 200 \d$/gm)?.map((line) => line.slice(-1))).toEqual(['1', '0']);
  await house.exchanges(2);
  const kept = await house.output('exchanges', 'export', '--format', 'ndjson');
  const upstreams = kept
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).upstream);
  expect(upstreams).toEqual([expect.stringContaining(`:${one}`), expect.stringContaining(`:${other}`)]);
});

test('a phone gets the page that sets it up, and the very certificate of ca export', async () => {
  const house = await Proxied.open();
  const proxied = ['--proxy', `http://127.0.0.1:${house.port}`, '--fail'];
  const fingerprint = /SHA-256\S* +((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/i.exec(await house.output('ca'))?.[1];
  expect(fingerprint).toBeDefined();
  for (const [args, base] of [
    [proxied, 'http://scaletap.setup/'],
    [['--fail'], `http://127.0.0.1:${house.port}/`],
  ] as const) {
    const page = await curl([...args, base]);
    expect(page.stdout.replaceAll(/<wbr>|\s/g, '')).toContain(fingerprint);
    const pem = await curl([...args, `${base}ca.pem`]);
    expect(pem.stdout).toBe(readFileSync(house.caFile, 'utf8'));
    const profile = await curl([...args, `${base}ca.mobileconfig`]);
    expect(profile.stdout).toContain('com.apple.security.root');
  }
});

test('what is no proxy request gets an answer that says so', async () => {
  const house = await Proxied.open();
  const base = ['--proxy', `http://127.0.0.1:${house.port}`, '--write-out', '%{http_code}'];
  const https = await curl([
    ...base,
    '--request-target',
    'https://cloud.renpho.com/',
    'http://cloud.renpho.com/',
  ]);
  expect(https.stdout).toMatch(/400$/);
  const star = await curl([...base, '--request-target', '*', 'http://cloud.renpho.com/']);
  expect(star.stdout).toMatch(/400$/);
});
