import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { createLog } from '../../src/log.js';
import type { Change, Changed } from '../../src/model/change.js';
import type { Happening, ViewReply, ViewRequest } from '../../src/views/messages.js';
import { Access } from '../../src/web/access.js';
import type { ApiParts } from '../../src/web/route.js';
import { startWeb } from '../../src/web/server.js';
import { setupPage } from '../../src/web/setup-page.js';
import type { Status } from '../../src/web/status.js';
import { apps, ca, proxy } from './certificates.js';
import { statusWith } from './statuses.js';

/** What is behind the web server; a test says how each does. Nothing here reads a database. */
export class Behind {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'scaletap-web-'));
  readonly lines: string[] = [];
  readonly log = createLog('info', (line) => this.lines.push(line));
  readonly asked: ViewRequest[] = [];
  readonly changes: Change[] = [];
  readonly followers = new Set<(happening: Happening) => void>();
  mode: 'auto' | 'live' | 'offline' = 'auto';
  status: () => Promise<Status> = async () => statusWith();
  view: (request: ViewRequest) => Promise<ViewReply> = async () => json(200, {});
  change: (change: Change) => Promise<Changed | undefined> = async () => ({ done: true, key: 'ana' });

  get parts(): ApiParts {
    return {
      access: new Access(this.dataDir, this.log),
      views: async () => ({
        get: (asked) => {
          this.asked.push(asked);
          return this.view(asked);
        },
        follow: (listener) => {
          this.followers.add(listener);
          return () => this.followers.delete(listener);
        },
      }),
      change: (change) => {
        this.changes.push(change);
        return this.change(change);
      },
      standIn: this,
    };
  }
}

/** A reply of the views. */
export function json(status: ViewReply['status'], value: unknown): ViewReply {
  return { status, body: Buffer.from(JSON.stringify(value)) };
}

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Sent as JSON, unless the headers say otherwise and it is a text. */
  readonly body?: unknown;
  /** From which address of this machine. */
  readonly from?: string;
  readonly cookie?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  readonly text: string;
  /** Throws for what is no JSON. */
  json(): unknown;
  /** The session of its cookie; undefined for none. */
  readonly cookie: string | undefined;
}

/** A web server on a free port, until the test is over. */
export async function served(
  behind = new Behind(),
  options: Parameters<typeof startWeb>[3] = {},
  host = '127.0.0.1',
) {
  const setup = (asked: Parameters<typeof setupPage>[0]) => setupPage(asked, ca, proxy, apps);
  const pages = { setup, status: () => behind.status(), api: behind.parts };
  const web = await startWeb({ host, port: 0 }, pages, behind.log, options);
  onTestFinished(async () => {
    await web.close();
    rmSync(behind.dataDir, { recursive: true, force: true });
  });
  const { port } = web.endpoint;

  /** Sends a request, and resolves when the head of the answer is there. */
  async function open({ method = 'GET', path, headers = {}, body, from, cookie }: Asked) {
    const sent = request({
      host,
      port,
      method,
      path,
      agent: false,
      setHost: headers.Host === undefined,
      ...(from !== undefined && { localAddress: from }),
    });
    if (body !== undefined) sent.setHeader('Content-Type', 'application/json');
    if (cookie !== undefined) sent.setHeader('Cookie', cookie);
    for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value);
    sent.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    const [answer]: IncomingMessage[] = await once(sent, 'response');
    if (answer === undefined) throw new Error('there is no answer');
    return answer;
  }

  async function ask(asked: Asked): Promise<Answered> {
    const answer = await open(asked);
    const bytes = await buffer(answer);
    const [, cookie] = /^(scaletap_session=[^;]+)/.exec(answer.headers['set-cookie']?.[0] ?? '') ?? [];
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      bytes,
      text: bytes.toString(),
      json: () => JSON.parse(bytes.toString()),
      cookie,
    };
  }

  /** Sets the first password, and resolves to the session that this gives. */
  async function withPassword(password: string): Promise<string> {
    const { cookie = '' } = await ask({ method: 'PUT', path: '/api/password', body: { password } });
    return cookie;
  }

  return { web, behind, port, ask, open, withPassword };
}

/** A password as people have them. */
export const GOOD = 'correct horse battery';
