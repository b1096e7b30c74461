import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Behind, GOOD, served } from './webs.js';

const script = `export const x = '${'long '.repeat(1_000)}';\n`;

/** A page as `npm run build` leaves it, and what is not of it. */
async function built(files: Record<string, string> = {}) {
  const pageDir = mkdtempSync(join(tmpdir(), 'scaletap-page-'));
  onTestFinished(() => rmSync(pageDir, { recursive: true, force: true }));
  const all = {
    'index.html': '<!doctype html><script type="module" src="page/@BUILD@/main.js"></script>',
    'main.js': script,
    'page.css': 'body { margin: 0 }\n',
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'main.js.map': '{}',
    'notes.txt': 'no',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(pageDir, name), text);
  mkdirSync(join(pageDir, 'folder.js'));
  const site = await served(new Behind(), { pageDir });
  const [, below = ''] = /src="(page\/[^/]+\/)main\.js"/.exec((await site.ask({ path: '/' })).text) ?? [];
  return { ...site, below: `/${below}`, pageDir };
}

describe('the page', () => {
  test('names its files by what is in them', async () => {
    const { below } = await built();
    expect(below).toMatch(/^\/page\/[\w-]{12}\/$/);
    expect((await built()).below).toBe(below);
    expect((await built({ 'main.js': `${script} ` })).below).not.toBe(below);
  });

  test('runs, shows and asks nothing but what is here', async () => {
    const { ask } = await built();
    for (const path of ['/', '/?x=1']) {
      const { headers, status } = await ask({ path });
      expect(status).toBe(200);
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
          "form-action 'none'",
          "require-trusted-types-for 'script'",
        ]),
      );
      expect(policy.join()).not.toMatch(/unsafe|https?:|\*/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test.each([
    ['main.js', 'text/javascript; charset=utf-8'],
    ['page.css', 'text/css; charset=utf-8'],
    ['icon.svg', 'image/svg+xml'],
  ])('%s is %s, and kept for good', async (name, type) => {
    const { ask, below } = await built();
    const { status, headers, bytes } = await ask({ path: below + name });
    expect(status).toBe(200);
    expect(bytes.length).toBeGreaterThan(10);
    expect(headers['content-type']).toBe(type);
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['content-security-policy'] !== undefined).toBe(type.startsWith('image'));
  });

  test('is asked for anew, and not sent again', async () => {
    const { ask } = await built();
    const { headers, bytes } = await ask({ path: '/' });
    expect(headers['cache-control']).toBe('no-cache');
    const again = await ask({ path: '/', headers: { 'If-None-Match': `"x", ${headers.etag}` } });
    expect([again.status, again.text, again.headers.etag]).toEqual([304, '', headers.etag]);
    const other = await ask({ path: '/', headers: { 'If-None-Match': '"x"' } });
    expect([other.status, other.bytes.length]).toEqual([200, bytes.length]);
  });

  test('HEAD has the length and no page', async () => {
    const { ask, below } = await built();
    const head = await ask({ method: 'HEAD', path: `${below}main.js` });
    expect([head.status, head.text, head.headers['content-length']]).toEqual([
      200,
      '',
      String(script.length),
    ]);
  });

  test('is for all to see, also with a password', async () => {
    const { ask, below, withPassword } = await built();
    await withPassword(GOOD);
    expect((await ask({ path: '/' })).status).toBe(200);
    expect((await ask({ path: `${below}main.js` })).status).toBe(200);
  });
});

describe('is sent small', () => {
  test.each([
    ['gzip, deflate, br;q=0.9', 'br', brotliDecompressSync],
    ['gzip, deflate', 'gzip', gunzipSync],
  ] as const)('to who takes %s, and smaller when that is ready', async (accepted, coding, decode) => {
    const page = readFileSync(new URL('../../dist/page/main.js', import.meta.url), 'utf8');
    const site = await built({ 'index.html': page });
    const get = () => site.ask({ path: '/', headers: { 'Accept-Encoding': accepted } });
    const first = await get();
    expect([first.headers['content-encoding'], first.headers.vary]).toEqual([coding, 'Accept-Encoding']);
    expect(decode(first.bytes).toString()).toBe(page);
    await vi.waitFor(async () => {
      const later = await get();
      expect(later.bytes.length).toBeLessThan(first.bytes.length);
      expect(decode(later.bytes).toString()).toBe(page);
      expect(later.headers.etag).toBe(first.headers.etag);
    }, 15_000);
  });

  test.each(['', 'identity', 'gzip;q=0, br;q=0.0', 'deflate', 'gzipped'])(
    'but not to who takes only %j',
    async (accepted) => {
      const { ask, below } = await built();
      const plain = await ask({ path: `${below}main.js`, headers: { 'Accept-Encoding': accepted } });
      expect([plain.headers['content-encoding'], plain.text]).toEqual([undefined, script]);
    },
  );

  test('but not what is small already', async () => {
    const { ask, below } = await built();
    const { headers } = await ask({ path: `${below}page.css`, headers: { 'Accept-Encoding': 'br, gzip' } });
    expect(headers['content-encoding']).toBeUndefined();
  });
});

describe('nothing else is served', () => {
  test.each([
    'main.js.map',
    'notes.txt',
    'index.html',
    'folder.js',
    '',
    'later.js',
    '../main.js',
    '..%2f..%2fpackage.json',
    '%2e%2e/%2e%2e/etc/passwd',
    '....//main.js',
    'main.js/',
    'main.js%00',
    'MAIN.JS',
    'main%2ejs',
    'constructor',
    '__proto__',
  ])('%j', async (name) => {
    const { ask, below, pageDir } = await built();
    writeFileSync(join(pageDir, 'later.js'), 'x');
    expect((await ask({ path: below + name })).status).toBe(404);
  });

  test.each(['/page/', '/page', '/page/main.js', '/page/000000000000/main.js', '/page//etc/passwd'])(
    '%s',
    async (path) => {
      expect((await (await built()).ask({ path })).status).toBe(404);
    },
  );

  test('nor what is changed on disk meanwhile', async () => {
    const { ask, below, pageDir } = await built();
    rmSync(join(pageDir, 'main.js'));
    symlinkSync('/etc/passwd', join(pageDir, 'main.js'));
    expect((await ask({ path: `${below}main.js` })).text).toBe(script);
  });
});

test('a page that is not built says so', async () => {
  const { ask } = await served(new Behind(), { pageDir: '/nowhere' });
  const { status, text } = await ask({ path: '/' });
  expect([status, text]).toEqual([503, 'the page is not built; run `npm run build`\n']);
});
