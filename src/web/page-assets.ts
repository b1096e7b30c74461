import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { PageAnswer, PageRequest } from './answer.js';
import { textAnswer } from './answer.js';
import type { Coding } from './encoding.js';
import { acceptedCodings, encode, isWorthwhile } from './encoding.js';

/** Where what the page is made of stands. */
export const ASSETS = '/page/';

/** What index.html says where the paths of the others have the name of this build. */
const BUILD = '@BUILD@';
const INDEX = 'index.html';

const types = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/**
 * The page runs and shows nothing but its own files and speaks to nobody but us; no text is ever made markup by a
 * script (Trusted Types), and it stands in no frame.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const PERMISSIONS = ['camera', 'microphone', 'geolocation', 'payment', 'usb', 'serial']
  .map((name) => `${name}=()`)
  .join(', ');

type Headers = [name: string, value: string][];

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  /** Those that it was sent in. They begin as what is made soon, and become what is as small as can be. */
  readonly encoded: Map<Coding, Promise<Buffer>>;
}

/**
 * The files of the page. They are read once, at the first request, and only they are served: no path of a request ever
 * reaches the disk. All but the page itself stand below a name made of their contents, so that a browser keeps them for
 * good and never mixes two builds.
 */
export class PageAssets {
  readonly #folder: string;
  #loaded: Promise<{ readonly build: string; readonly files: ReadonlyMap<string, Asset> }> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Answers `/` and what is below {@link ASSETS}. */
  async answer(request: PageRequest, acceptEncoding: string, ifNoneMatch: string): Promise<PageAnswer> {
    this.#loaded ??= this.#load().catch((error: unknown) => {
      this.#loaded = null;
      throw error;
    });
    const { build, files } = await this.#loaded;
    const path = request.path.split('?', 1)[0] ?? '';
    const below = `${ASSETS}${build}/`;
    const name = path === '/' ? INDEX : path.startsWith(below) ? path.slice(below.length) : '';
    const asset = path !== '/' && name === INDEX ? undefined : files.get(name);
    if (asset === undefined) {
      if (path === '/') return textAnswer(request, 503, 'the page is not built; run `npm run build`');
      return textAnswer(request, 404, 'there is no such file; reload the page');
    }
    const coding = isWorthwhile(asset.bytes) ? acceptedCodings(acceptEncoding)[0] : undefined;
    const body = coding === undefined ? asset.bytes : await encoded(asset, coding);
    const tag = `W/"${build}"`;
    const isKnown = name === INDEX && knows(ifNoneMatch, tag);
    return {
      status: isKnown ? 304 : 200,
      headers: [
        ...(isKnown ? [] : contentHeaders(asset, body, coding)),
        ...(name === INDEX ? indexHeaders(tag) : fileHeaders(asset)),
      ],
      body: isKnown || request.method === 'HEAD' ? Buffer.alloc(0) : body,
    };
  }

  async #load() {
    const files = new Map<string, Asset>();
    const sum = createHash('sha256');
    const read = await Promise.all(
      (await names(this.#folder)).map(
        async (name) => [name, await readFile(join(this.#folder, name))] as const,
      ),
    );
    for (const [name, bytes] of read) sum.update(`${name} ${bytes.length} `).update(bytes);
    const build = sum.digest('base64url').slice(0, 12);
    for (const [name, bytes] of read) {
      const type = types.get(extname(name)) ?? 'application/octet-stream';
      const whole = name === INDEX ? Buffer.from(bytes.toString().replaceAll(BUILD, build)) : bytes;
      files.set(name, { type, bytes: whole, encoded: new Map() });
    }
    return { build, files };
  }
}

/** The names of a folder's files that a browser takes, in their order; none when there is no such folder. */
async function names(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const found = entries.filter((entry) => entry.isFile() && types.has(extname(entry.name)));
    return found.map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function contentHeaders({ type }: Asset, body: Buffer, coding: Coding | undefined): Headers {
  return [
    ['Content-Type', type],
    ['Content-Length', String(body.length)],
    ...(coding === undefined ? [] : [['Content-Encoding', coding] satisfies Headers[number]]),
  ];
}

function indexHeaders(tag: string): Headers {
  return [
    ['ETag', tag],
    ['Vary', 'Accept-Encoding'],
    ['Cache-Control', 'no-cache'],
    ['Content-Security-Policy', POLICY],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ['Permissions-Policy', PERMISSIONS],
  ];
}

/** Only what means something for them: headers are not compressed. */
function fileHeaders({ type }: Asset): Headers {
  return [
    ['Vary', 'Accept-Encoding'],
    ['Cache-Control', 'public, max-age=31536000, immutable'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    // A browser that is led there by itself shows it as a document.
    ...(type === types.get('.svg') ? [['Content-Security-Policy', POLICY] satisfies Headers[number]] : []),
  ];
}

/** A file in a coding. As small as can be takes a while: those who ask until then get what is made sooner. */
function encoded({ encoded, bytes }: Asset, coding: Coding): Promise<Buffer> {
  const known = encoded.get(coding);
  if (known !== undefined) return known;
  const soon = encode(bytes, coding, 'soon');
  encoded.set(coding, soon);
  soon
    .then(() => encode(bytes, coding, 'small'))
    .then(
      (small) => encoded.set(coding, Promise.resolve(small)),
      // Out of memory: the next request tries again, and whoever waits for this one hears of it.
      () => encoded.delete(coding),
    );
  return soon;
}

function knows(ifNoneMatch: string, tag: string): boolean {
  return ifNoneMatch.split(',').some((each) => each.trim().replace(/^(?:W\/)?/, 'W/') === tag);
}
