import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { setupPage } from '../../src/web/setup-page.js';
import { apps, ca, proxy } from './certificates.js';

const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1';

function get(path: string, { method = 'GET', userAgent = iPhone, subject = ca.subject } = {}) {
  const { status, headers, body } = setupPage({ method, path, userAgent }, { ...ca, subject }, proxy, apps);
  return {
    status,
    body,
    text: body.toString(),
    header: new Headers(headers.map(([n, v]): [string, string] => [n, v])),
  };
}

/** The page without its stylesheet. */
function page(userAgent = iPhone): string {
  return get('/', { userAgent }).text.replace(/<style>.*?<\/style>/s, '');
}

/** The headings of the steps that are open, and of those that are folded. */
function systemsOn(html: string): { open: string[]; folded: string[] } {
  const headings = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, title = '']) => title);
  return { open: headings(/<h2>Steps for ([^<]*)</g), folded: headings(/<summary><h3>([^<]*)</g) };
}

describe('the page', () => {
  test.each([
    [iPhone, ['iPhone and iPad']],
    ['Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15', ['iPhone and iPad']],
    ['Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile', ['Android']],
    // Since iPadOS 13 an iPad says this too.
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15', ['Mac', 'iPhone and iPad']],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36', ['Windows']],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', ['Linux']],
    ['curl/8.5.0', ['your system']],
    ['', ['your system']],
  ])('to %s opens the steps for %j and folds the others', (userAgent, open) => {
    const all = ['iPhone and iPad', 'Android', 'Mac', 'Windows', 'Linux'];
    expect(systemsOn(page(userAgent))).toEqual({
      open,
      folded: all.filter((title) => !open.includes(title)),
    });
  });

  test('says where the proxy is, and what to enter when that is not known', () => {
    expect(page()).toContain('<dt>Server</dt><dd><code>192.168.1.10</code></dd>');
    expect(page()).toContain('<dt>Port</dt><dd><code>8888</code></dd>');
    const unknown = setupPage(
      { method: 'GET', path: '/', userAgent: '' },
      ca,
      { host: null, port: 8888 },
      apps,
    );
    expect(unknown.body.toString()).toContain('the address of the machine that runs scaletap');
  });

  test('shows the certificate: name, last day, fingerprint, and the command to compare it with', () => {
    expect(page()).toContain('O=scaletap, CN=scaletap CA 1f2e3d');
    expect(page()).toContain('2036-11-18');
    expect(page().replaceAll('<wbr>', '')).toContain(ca.fingerprintSha256);
    expect(page()).toContain('<code>scaletap ca</code>');
  });

  test('says that Android apps will most likely refuse, and what can be done', () => {
    expect(page()).toMatch(
      /Since Android 7 an app\s+trusts certificates that you install only if its maker has said so/,
    );
    expect(page()).toMatch(/rooted phone or in an emulator/);
  });

  test('says how to take everything off again, for every system', () => {
    expect(page().split('To remove it all:')).toHaveLength(6);
  });

  test('has nothing in it that the facts of the certificate could break out of', () => {
    const { text } = get('/', { subject: 'CN=<script>"\'&amp;' });
    expect(text).toContain('CN=&lt;script&gt;&quot;&#39;&amp;amp;');
    expect(text).not.toContain('<script');
  });

  test('leads to nothing but its own files and headings', () => {
    const links = [...page().matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, link = '']) => link);
    expect(new Set(links)).toEqual(new Set(['ca.mobileconfig', 'ca.cer', 'ca.pem', '#certificate']));
    expect(page()).toContain('id="certificate"');
  });

  test('lets a browser load nothing, run nothing and keep nothing, but its own stylesheet', () => {
    const { header, text } = get('/');
    const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(header.get('content-security-policy')).toBe(
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        `style-src 'sha256-${hash}'`,
    );
    expect(text).not.toMatch(/ style=|@import|url\(/);
  });

  test('is the same with any query', () => {
    expect(get('/?from=phone').text).toBe(get('/').text);
  });
});

test.each([
  ['/', 'text/html; charset=utf-8', null],
  ['/ca.mobileconfig', 'application/x-apple-aspen-config', ca.mobileconfig],
  ['/ca.cer', 'application/x-x509-ca-cert', ca.der],
  ['/ca.pem', 'application/x-pem-file', Buffer.from(ca.pem)],
])('%s is %s, also for HEAD', (path, type, body) => {
  const whole = get(path);
  expect(whole.status).toBe(200);
  expect(whole.header.get('content-type')).toBe(type);
  if (body !== null) expect(whole.body.equals(body)).toBe(true);
  expect(whole.header.get('content-length')).toBe(String(whole.body.length));
  const head = get(path, { method: 'HEAD' });
  expect(head.body).toHaveLength(0);
  expect([...head.header]).toEqual([...whole.header]);
});

test.each([
  ['GET', '/ca.key', 404],
  ['GET', '/../ca.pem', 404],
  ['GET', '//ca.pem', 404],
  ['GET', '', 404],
  ['GET', '/favicon.ico', 404],
  ['POST', '/', 405],
  ['OPTIONS', '/ca.pem', 405],
  ['get', '/', 405],
])('%s %s is refused with %i', (method, path, status) => {
  expect(get(path, { method }).status).toBe(status);
  expect(get(path, { method }).header.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null);
});

test('nothing of a request is in an answer, whatever it is, and every answer is closed to the world', () => {
  const anything = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.constantFrom('/', '/ca.pem', 'GET', 'HEAD', iPhone),
  );
  // A mark that no fixed text has.
  const marked = fc.tuple(anything, anything).map(([before, after]) => `${before}«7»${after}`);
  fc.assert(
    fc.property(anything, fc.oneof(anything, marked), marked, (method, path, userAgent) => {
      const { status, header, text } = get(path, { method, userAgent });
      expect([200, 404, 405]).toContain(status);
      expect(text + JSON.stringify([...header])).not.toContain('«7»');
      expect(header.get('cache-control')).toBe('no-store');
      expect(header.get('content-security-policy')).toContain("default-src 'none'");
      expect(header.get('x-content-type-options')).toBe('nosniff');
      expect(header.get('referrer-policy')).toBe('no-referrer');
      expect(header.get('set-cookie')).toBeNull();
    }),
  );
});

describe('the script by which a device finds its proxy', () => {
  const script = (host: string) => {
    const { status, body } = setupPage(
      { method: 'GET', path: '/proxy.pac', userAgent: '' },
      ca,
      { host, port: 8888 },
      apps,
    );
    expect(status).toBe(200);
    const dnsDomainIs = (name: string, domain: string) => name.endsWith(domain);
    return (name: string): unknown =>
      runInNewContext(`${body.toString()}\nFindProxyForURL("", name)`, { dnsDomainIs, name });
  };

  test.each([
    ['cloud.renpho.com', 'PROXY 192.168.1.10:8888; DIRECT'],
    ['Renpho.QNclouds.com', 'PROXY 192.168.1.10:8888; DIRECT'],
    ['scaletap.setup', 'PROXY 192.168.1.10:8888; DIRECT'],
    ['renpho.com', 'DIRECT'],
    ['qnclouds.com.example.org', 'DIRECT'],
    ['example.org', 'DIRECT'],
  ])('%s: %s', (name, way) => {
    expect(script('192.168.1.10')(name)).toBe(way);
  });

  test('knows how an IPv6 address is written', () => {
    expect(script('fd00::10')('cloud.renpho.com')).toBe('PROXY [fd00::10]:8888; DIRECT');
  });

  test('is not there where nobody knows the address of the proxy', () => {
    const asked = { method: 'GET', path: '/proxy.pac', userAgent: '' };
    expect(setupPage(asked, ca, { host: null, port: 8888 }, apps).status).toBe(404);
  });
});
