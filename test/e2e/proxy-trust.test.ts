import { execFile } from 'node:child_process';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { available } from '../servers/available.js';
import { newCall, oldCall } from '../servers/renpho-app.js';
import { startChromium } from './chromium.js';
import { sendAll } from './curl.js';
import { Proxied } from './proxied.js';
import { folder, run } from './scaletap.js';

/** Real clients judge the certificates of a running scaletap; those that do not take them are let through. */

const execute = promisify(execFile);

const HOST = 'cloud.renpho.com';
const tokenTime = '/RenphoHealth/app/sync/getTokenTime';

/** What openssl says of a TLS connection through the proxy; rejects when it does not trust, or has none. */
async function sClient(house: Proxied, ...more: readonly string[]): Promise<string> {
  const through = ['-proxy', `127.0.0.1:${house.port}`, '-connect', `${HOST}:443`, '-servername', HOST];
  const trust = ['-CAfile', house.caFile, '-no-CApath', '-no-CAstore', '-verify_return_error'];
  const strict = ['-verify_hostname', HOST, '-x509_strict', '-purpose', 'sslserver'];
  return openssl('s_client', ...through, ...trust, ...strict, ...more);
}

async function openssl(...args: readonly string[]): Promise<string> {
  const running = execute('openssl', args, { timeout: 15_000 });
  running.child.stdin?.end();
  return (await running).stdout;
}

test.each(['-tls1_2', '-tls1_3'])(
  'openssl %s accepts the chain, by the strict rules, and gets http/1.1',
  async (version) => {
    const house = await Proxied.open();
    const said = await sClient(house, version, '-alpn', 'h2,http/1.1', '-showcerts');
    expect(said).toContain('Verify return code: 0 (ok)');
    expect(said).toContain('ALPN protocol: http/1.1');
    const leaf = join(folder(), 'leaf.pem');
    writeFileSync(leaf, /-----BEGIN[\s\S]+?-----END CERTIFICATE-----/.exec(said)?.[0] ?? '');
    const strict = ['-x509_strict', '-purpose', 'sslserver'];
    expect(await openssl('verify', ...strict, '-CAfile', house.caFile, leaf)).toBe(`${leaf}: OK\n`);
  },
);

test('a client that does not trust us fails once, and has the true cloud from then on', async () => {
  const house = await Proxied.open();
  const { books, cloud, port } = house;
  const account = books.addAccount();
  const old = books.addAccount({ api: 'old' });
  const app = [newCall(account, tokenTime, {})];
  const distrusting = { proxyPort: port, caFile: cloud.caFile };
  const statuses: number[] = [];
  for (let times = 0; times < 3; times++) {
    const [answer] = await sendAll(app, distrusting);
    statuses.push(answer?.status ?? -1);
  }
  expect(statuses).toEqual([0, 200, 200]);
  await house.program.says(/certificate/);
  await house.exchanges(1);
  expect(await house.output('exchanges')).toMatch(/certificate-refused/);
  // A host that it has not refused is read still, and so nothing else has gone by unread.
  const [other] = await house.send([oldCall(old, '/api/v2/device_binds/get_device.json')]);
  expect(other?.status).toBe(200);
  await house.exchanges(2);
  expect((await house.output('exchanges', 'list')).trimEnd().split('\n')).toHaveLength(3);
});

test('a client that speaks HTTP/2 only is let through to the cloud', async () => {
  const house = await Proxied.open();
  // The stand-in has no HTTP/2 either, and says so itself.
  await expect(sClient(house, '-alpn', 'h2')).rejects.toThrow('no application protocol');
  await house.exchanges(1);
  expect(await house.output('exchanges')).toMatch(/only-h2/);
  const [after] = await house.send([newCall(house.books.addAccount(), tokenTime, {})]);
  expect(after?.status).toBe(200);
});

test('a client that leaves after the handshake, twice, may pin a certificate, and is let through', async () => {
  const house = await Proxied.open();
  for (let times = 0; times < 2; times++) {
    await sClient(house);
    await house.exchanges(times + 1);
  }
  expect(await house.output('exchanges')).toMatch(/left-unused/);
  await expect(sClient(house)).rejects.toThrow('unable to get local issuer certificate');
});

test('the authority is the same after a restart', async () => {
  const first = await Proxied.open();
  await first.program.kill('SIGTERM');
  const again = await Proxied.open([], {}, [], first.dataDir);
  const account = again.books.addAccount();
  const way = { proxyPort: again.port, caFile: first.caFile };
  const [answer] = await sendAll([newCall(account, tokenTime, {})], way);
  expect(answer?.status).toBe(200);
});

test('with an authority that is damaged, apps have the true cloud, and people are told', async () => {
  const first = await Proxied.open();
  await first.program.kill('SIGTERM');
  const damaged = join(first.dataDir, 'certs', 'scaletap-ca.key');
  truncateSync(damaged, 100);
  const refused = await run('ca', '--data-dir', first.dataDir);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(damaged) });
  const again = await Proxied.open([], {}, [], first.dataDir);
  await again.program.says(/error .*scaletap-ca\.key/);
  const account = again.books.addAccount();
  const way = { proxyPort: again.port, caFile: again.cloud.caFile };
  const [answer] = await sendAll([newCall(account, tokenTime, {})], way);
  expect(answer?.status).toBe(200);
  expect(statSync(damaged).size).toBe(100);
});

describe.skipIf(!available('chromium') || !available('certutil'))('Chromium', () => {
  const url = `https://${HOST}/`;

  test('loads a page, fetches, and talks over a WebSocket, once it trusts our authority', async () => {
    const house = await Proxied.open();
    const browser = await startChromium([house.caFile], HOST, house.port);
    const page = await browser.newPage();
    const response = await page.goto(url);
    await page.waitForFunction("document.title !== 'loading'");
    expect(await page.title()).toBe('fetch 200, WebSocket 300');
    const { issuer = '', protocol } = (await response?.securityDetails()) ?? {};
    expect(issuer).toMatch(/^scaletap CA/);
    expect(protocol).toBe('TLS 1.3');
    await browser.close();
    // The page twice, its icon, and the connection that became a WebSocket.
    await house.exchanges(4);
    expect(await house.output('exchanges')).toMatch(/GET \/echo.* 101 /);
  });

  test('that does not trust it fails, and then has the page by a tunnel', async () => {
    const house = await Proxied.open();
    const browser = await startChromium([house.cloud.caFile], HOST, house.port);
    const first = await browser.newPage();
    await expect(first.goto(url)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    await house.exchanges(1);
    const page = await browser.newPage();
    const response = await page.goto(url);
    expect((await response?.securityDetails())?.issuer).toBe('Authority of a test');
    await page.waitForFunction("document.title !== 'loading'");
    expect(await page.title()).toBe('fetch 200, WebSocket 300');
  });
});
