import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newCall, oldCall } from '../servers/renpho-app.js';
import { curl, PROXY_REFUSED, sendAll, UNTRUSTED } from './curl.js';
import {
  canHaveNetworks,
  PUBLIC_CLIENT,
  PUBLIC_NAME,
  PUBLIC_SERVER,
  REBOUND_NAME,
  smallInternet,
} from './network.js';
import { Proxied } from './proxied.js';

/** Where a running scaletap leads as a proxy, and whom: to the internet only, and the people of the house only. */

/** A server of the house, which nobody may reach by the proxy. */
async function homeServer(): Promise<{ port: number; calls: () => number }> {
  let calls = 0;
  const server = createServer((socket) => {
    calls++;
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhome');
  });
  server.listen(0, '::');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, calls: () => calls };
}

/** The answer to a head that is sent as it stands here: curl would mend it. */
async function answerTo(port: number, head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(`${head}\r\n\r\n`);
  return text(socket);
}

async function statusOf(port: number, head: string): Promise<number> {
  return Number((await answerTo(port, head)).split(' ')[1]);
}

const here = ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '0.0.0.0', '[::]', '127.8.8.8'];
const odd = ['2130706433', '0x7f.1', '127.1', '0177.0.0.1', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]'];
const inside = ['10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '[fe80::1]', '[fd00::1]'];

test('it does not lead to this machine or into the house, however that is written', async () => {
  const home = await homeServer();
  const house = await Proxied.open(['--proxy-ports', String(home.port)]);
  for (const host of [...here, ...odd, ...inside]) {
    const target = `${host}:${home.port}`;
    const statuses = [
      await statusOf(house.port, `CONNECT ${target} HTTP/1.1\r\nHost: ${target}`),
      await statusOf(house.port, `GET http://${target}/ HTTP/1.1\r\nHost: ${target}`),
    ];
    // 502: the name cannot be looked up at all.
    for (const status of statuses) expect([400, 403, 502], host).toContain(status);
  }
  expect(home.calls()).toBe(0);
});

test('it does not lead to itself', async () => {
  const house = await Proxied.open();
  const { port } = house;
  const target = `127.0.0.1:${port}`;
  expect(await statusOf(port, `CONNECT ${target} HTTP/1.1\r\nHost: ${target}`)).toBe(403);
});

test('it leads to ports 80 and 443 only, unless told', async () => {
  const house = await Proxied.open();
  for (const port of [22, 25, 8443]) {
    const target = `${PUBLIC_SERVER}:${port}`;
    const answer = await answerTo(house.port, `CONNECT ${target} HTTP/1.1\r\nHost: ${target}`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 403 [\\s\\S]*--proxy-ports ${port}`));
  }
});

test('with a user and password it serves nobody who does not give them', async () => {
  const house = await Proxied.open(['--proxy-login', 'house:open sesame']);
  const account = house.books.addAccount();
  const call = [newCall(account, '/RenphoHealth/app/sync/getTokenTime', {})];
  const way = { proxyPort: house.port, caFile: house.caFile };
  const statuses: number[] = [];
  for (const login of [[], ['proxy-user = "house:open"'], ['proxy-user = "house:open sesame"']]) {
    const [answer] = await sendAll(call, { ...way, options: login });
    statuses.push(answer?.status ?? -1);
  }
  expect(statuses).toEqual([0, 0, 200]);
  expect(house.books.requests).toHaveLength(1);
  const bare = await curl(['--proxy', `http://127.0.0.1:${house.port}`, 'https://cloud.renpho.com/']);
  expect(bare).toMatchObject({ code: PROXY_REFUSED, stderr: expect.stringContaining('407') });
  await house.exchanges(1);
  const kept = await house.output('exchanges', 'export', '--format', 'http', '--show-secrets');
  expect(kept + house.program.stderr).not.toMatch(/sesame|Proxy-Authorization/i);
});

test('the name in the hello decides whose traffic it is, when CONNECT names an address', async () => {
  const house = await Proxied.open();
  const account = house.books.addAccount({ api: 'old' });
  const to = [`connect-to = "::${PUBLIC_SERVER}:443"`];
  const [answer] = await house.send([oldCall(account, '/api/v2/measurements/list.json')], to);
  expect(answer?.status).toBe(200);
  expect(house.cloud.serverNames).toEqual(['renpho.qnclouds.com']);
});

describe.skipIf(!canHaveNetworks())('in a network of its own, with an internet', () => {
  test('clients from outside of the house are not served', async () => {
    const { enter } = await smallInternet();
    const house = await Proxied.open(['--proxy-listen', '0.0.0.0:0'], {}, enter);
    const proxy = ['--proxy', `http://${PUBLIC_SERVER}:${house.port}`, `http://${PUBLIC_NAME}/`];
    const args = ['--interface', PUBLIC_CLIENT, '--write-out', '%{http_code}', ...proxy];
    expect((await curl(args, '', enter)).stdout).toMatch(/403$/);
    await house.program.says(/own house/);
    const neighbour = ['--proxy', `http://127.0.0.1:${house.port}`, `http://${PUBLIC_NAME}/`];
    expect(await curl(neighbour, '', enter)).toMatchObject({ code: 0, stdout: 'hello of the internet' });
  });

  test('hosts that are no vendor of ours are reached, by their own certificate, and leave no trace', async () => {
    const { enter, caFile } = await smallInternet();
    const house = await Proxied.open(['--log-level', 'debug'], {}, enter);
    const proxy = ['--proxy', `http://127.0.0.1:${house.port}`];
    for (const url of [`http://${PUBLIC_NAME}/secret/path`, `https://${PUBLIC_NAME}/secret/path`]) {
      const said = await curl([...proxy, '--cacert', caFile, url], '', enter);
      expect(said).toMatchObject({ code: 0, stdout: 'hello of the internet' });
    }
    const ours = await curl([...proxy, '--cacert', house.caFile, `https://${PUBLIC_NAME}/`], '', enter);
    expect(ours.code).toBe(UNTRUSTED);
    expect((await house.output('exchanges')).trimEnd().split('\n')).toHaveLength(1);
    expect(house.program.stderr).not.toMatch(/elsewhere|secret/);
  });

  test('a name that leads into the house is refused, whoever asks', async () => {
    const { enter } = await smallInternet();
    // Its resolver for the vendors is the same one: to that, all of qnclouds.com is at home.
    const house = await Proxied.open(['--upstream-dns', '127.0.0.1'], {}, enter);
    const proxy = ['--proxy', `http://127.0.0.1:${house.port}`, '--cacert', house.caFile];
    for (const host of [REBOUND_NAME, 'feelfit.qnclouds.com']) {
      const plain = await curl([...proxy, '--write-out', '%{http_code}', `http://${host}/`], '', enter);
      expect(plain.stdout, host).toMatch(/not on the internet[\s\S]*403$/);
      const tunnel = await curl([...proxy, '--insecure', `https://${host}/`], '', enter);
      expect(tunnel.stdout, host).not.toContain('hello');
    }
  });
});
