import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/log.js';
import { startWeb } from '../../src/web/server.js';
import { setupPage } from '../../src/web/setup-page.js';
import type { Status } from '../../src/web/status.js';
import { apps, ca, proxy } from './certificates.js';
import { statusWith } from './statuses.js';

let lines: string[];
let web: Awaited<ReturnType<typeof startWeb>>;
let failing: boolean;
let status: () => Promise<Status>;

beforeEach(async () => {
  lines = [];
  failing = false;
  status = async () => statusWith();
  web = await startWeb(
    { host: '127.0.0.1', port: 0 },
    {
      setup: (asked) => {
        if (failing) throw new Error('no page today');
        return setupPage(asked, ca, proxy, apps);
      },
      status: () => status(),
      api: null,
    },
    createLog('info', (line) => lines.push(line)),
  );
});

afterEach(() => web.close());

function url(path: string): string {
  return `http://127.0.0.1:${web.endpoint.port}${path}`;
}

/** Asks with a Host of one's own, which fetch does not let through. */
async function askAs(host: string | string[], path = '/setup/'): Promise<{ status: number; body: string }> {
  const asked = request({ port: web.endpoint.port, host: '127.0.0.1', path, setHost: false });
  asked.setHeader('Host', host);
  asked.end();
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode, body: await text(answer) };
}

/** All that comes back for raw bytes, until the server closes. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(web.endpoint.port, '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

describe('the web server', () => {
  test.each(['/', '/setup', '/?x=1'])('leads from %s to the page for setting up a phone', async (path) => {
    const moved = await fetch(url(path), { redirect: 'manual' });
    expect(moved.status).toBe(302);
    expect(moved.headers.get('location')).toBe('/setup/');
    const page = await fetch(url(path));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Set up this device for scaletap');
  });

  test('answers every link of that page', async () => {
    const page = await (await fetch(url('/setup/'))).text();
    const links = [...page.matchAll(/href="([^"#]+)"/g)].map(
      ([, link = '']) => new URL(link, url('/setup/')),
    );
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      const answer = await fetch(link);
      expect(answer.status, link.pathname).toBe(200);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0);
    }
  });

  test('sends a long page small to who takes that, and a file as it is', async () => {
    const sizes = async (path: string) => {
      const { headers } = await fetch(url(path), { headers: { 'Accept-Encoding': 'gzip' } });
      return [headers.get('content-encoding'), Number(headers.get('content-length'))] as const;
    };
    const [coding, length] = await sizes('/setup/');
    const whole = (await (await fetch(url('/setup/'))).text()).length;
    expect([coding, length < whole / 2]).toEqual(['gzip', true]);
    expect(await sizes('/setup/ca.cer')).toEqual([null, ca.der.length]);
  });

  test('answers HEAD with the length of the page and without the page', async () => {
    const head = await fetch(url('/setup/ca.pem'), { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(ca.pem.length));
    expect(await head.text()).toBe('');
  });

  test.each([
    ['GET', '/api', 404],
    ['GET', '/setupx', 404],
    ['GET', '/setup/ca.key', 404],
    ['POST', '/', 405],
    ['DELETE', '/setup/', 405],
  ])('%s %s is answered with %i', async (method, path, status) => {
    const answer = await fetch(url(path), { method, redirect: 'manual' });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  test('a page that cannot be made is 500, with the reason in the log alone', async () => {
    failing = true;
    const answer = await fetch(url('/setup/'));
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('no page today');
    expect(lines.join('')).toContain('no page today');
    failing = false;
    expect((await fetch(url('/setup/'))).status).toBe(200);
  });
});

describe('how scaletap does', () => {
  test('is told as text, and as JSON to those who ask for it', async () => {
    const text = await fetch(url('/healthz?x=1'));
    expect([text.status, await text.text()]).toEqual([200, 'ok\n']);
    const json = await fetch(url('/healthz'), { headers: { Accept: 'text/html, Application/JSON;q=0.9' } });
    expect(json.headers.get('content-type')).toBe('application/json');
    expect(await json.json()).toMatchObject({ status: 'ok' });
    const other = await fetch(url('/healthz'), { headers: { Accept: 'application/jsonp, */*' } });
    expect(await other.text()).toBe('ok\n');
  });

  test('is told in numbers', async () => {
    const numbers = await fetch(url('/metrics'));
    expect(numbers.status).toBe(200);
    expect(numbers.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await numbers.text()).toContain('\nscaletap_store_up 1\n');
  });

  test.each(['/healthz', '/metrics'])(
    'HEAD %s is answered with the length, and nobody keeps it',
    async (path) => {
      const head = await fetch(url(path), { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(2);
      expect(head.headers.get('cache-control')).toBe('no-store');
    },
  );

  test.each(['/healthz', '/metrics'])('%s is not told to a page of somebody else', async (path) => {
    expect((await askAs('evil.example', path)).status).toBe(421);
  });

  test('is 500 when it cannot be found out, and that is in the log', async () => {
    status = async () => {
      throw new Error('no status today');
    };
    expect((await fetch(url('/healthz'))).status).toBe(500);
    expect(lines.join('')).toContain('no status today');
  });

  test('comes to nobody who has left meanwhile, and harms no other', async () => {
    let tell = () => {};
    const asked = new Promise<void>((resolve) => {
      status = () => {
        resolve();
        return new Promise((told) => {
          tell = () => told(statusWith());
        });
      };
    });
    const socket = connect(web.endpoint.port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await asked;
    socket.resetAndDestroy();
    tell();
    status = async () => statusWith();
    expect((await fetch(url('/healthz'))).status).toBe(200);
    expect(lines).toEqual([]);
  });
});

describe('is asked by', () => {
  test.each([
    '127.0.0.1',
    '192.168.1.10:8080',
    '[::1]:8080',
    '[fe80::1]',
    'localhost',
    'LOCALHOST.:8080',
    'scaletap.setup',
    'nas.local',
    'NAS.Local:8080',
  ])('%s', async (host) => {
    expect((await askAs(host)).status).toBe(200);
  });
});

describe('is not asked by', () => {
  test.each([
    'evil.example',
    'evil.example:8080',
    'nas',
    'local',
    'nas.local.evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'user@localhost',
    'localhost/',
    'localhost:99999',
    '[::1',
    '[zz]',
    '300.1.1.1',
    'xn--',
    '%31',
    ' ',
    '',
  ])('%j', async (host) => {
    expect(await askAs(host)).toEqual({
      status: 421,
      body: 'scaletap is not asked by this name; use its address, localhost, a name that ends in .local, or one of --web-host\n',
    });
  });

  test('two hosts at once', async () => {
    expect((await askAs(['localhost', 'evil.example'])).status).not.toBe(200);
  });

  test('a request without a Host', async () => {
    expect(await sendRaw('GET /setup/ HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await sendRaw('GET /setup/ HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a whole URL, by which a client asks a proxy', async () => {
    const asked = 'GET http://evil.example/setup/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    expect(await sendRaw(asked)).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('survives', () => {
  test.each([
    ['what is not HTTP', '\x16\x03\x01\x02\x00hello\r\n\r\n', 400],
    ['a head of 1 MB', `GET /setup/ HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(1_048_576)}\r\n\r\n`, 431],
    [
      'a body that nobody reads',
      'POST /setup/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\nabc',
      405,
    ],
  ])('%s', async (_, bytes, status) => {
    const answer = await sendRaw(bytes).catch((error: NodeJS.ErrnoException) => {
      // The server closed while the bytes were still on their way.
      expect(['ECONNRESET', 'EPIPE']).toContain(error.code);
      return `HTTP/1.1 ${status} `;
    });
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await fetch(url('/setup/'))).status).toBe(200);
  });

  test('clients that leave in the middle', async () => {
    for (const bytes of ['', 'GET /se', 'GET /setup/ HTTP/1.1\r\nHost: localhost\r\n\r\n']) {
      const socket = connect(web.endpoint.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(bytes);
      socket.resetAndDestroy();
    }
    expect((await fetch(url('/setup/'))).status).toBe(200);
  });

  test('a few requests at once on one connection, and hangs up on who sends many', async () => {
    const ask = (count: number, last: string) => {
      const socket = connect(web.endpoint.port, '127.0.0.1');
      const one = `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
      socket.write(`${`${one}\r\n`.repeat(count - 1)}${one}${last}\r\n`);
      return text(socket);
    };
    expect((await ask(8, 'Connection: close\r\n')).match(/200 OK/g)).toHaveLength(8);
    let looked = 0;
    status = async () => {
      looked++;
      return statusWith();
    };
    expect(await ask(500, '').catch(String)).not.toContain('200 OK');
    expect(looked).toBeLessThanOrEqual(8);
    expect((await fetch(url('/healthz'))).status).toBe(200);
  });

  test('a request for a tunnel, which it does not make', async () => {
    expect(await sendRaw('CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n')).toBe('');
    expect((await fetch(url('/setup/'))).status).toBe(200);
  });
});

test('closes with a client that holds its connection', async () => {
  const socket = connect(web.endpoint.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /setup/ HTTP/1.1\r\nHost: local');
  const closed = text(socket);
  await web.close();
  await closed;
});

describe('a place that cannot be had', () => {
  const nowhere = createLog('error', () => {});
  const pages = {
    setup: () => setupPage({ method: 'GET', path: '/', userAgent: '' }, ca, proxy, apps),
    status: async () => statusWith(),
    api: null,
  };

  test('taken by another program', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startWeb({ host: '127.0.0.1', port }, pages, nowhere)).rejects.toThrow(
      new RegExp(`127\\.0\\.0\\.1:${port}: another program has it.*--web-listen`),
    );
    other.close();
  });

  test.each([
    ['192.0.2.1', /this machine has no such address.*--web-listen/],
    ['no.such.host.invalid', /the name cannot be looked up.*--web-listen/],
  ])('%s', async (host, message) => {
    await expect(startWeb({ host, port: 0 }, pages, nowhere)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(message),
    });
  });
});
