import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AppRequest } from '../servers/renpho-app.js';
import { parsed, unseal } from '../servers/renpho-envelope.js';
import { folder } from './scaletap.js';

/** The real curl, as a client of the proxy. */

interface Ended {
  /** 0, or curl's number of what went wrong. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Certificate problem of the other side. */
export const UNTRUSTED = 60;
/** The proxy refused CONNECT. */
export const PROXY_REFUSED = 56;

/**
 * Runs curl to its end, without what the environment says of proxies and certificates. The words of `enter` go before
 * it, as those of a program that starts it.
 */
export async function curl(
  args: readonly string[],
  input = '',
  enter: readonly string[] = [],
): Promise<Ended> {
  const [command = '', ...rest] = [...enter, 'curl', '-q', '-sS', '--max-time', '20', ...args];
  const child = spawn(command, rest, { env: { PATH: process.env.PATH } });
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1))),
  ]);
  return { code, stdout, stderr };
}

/** How an app reaches its cloud. */
export interface Way {
  /** Of the proxy; null to go without one. */
  readonly proxyPort: number | null;
  /** The certificates that are trusted, PEM. */
  readonly caFile: string;
  /** More of curl's options, `name` or `name = value`. */
  readonly options?: readonly string[];
}

/** What came of a request. */
export interface Answered {
  /** Of HTTP; 0 when there is no answer. */
  readonly status: number;
  /** How many connections were made for it: 0 when one was used again. */
  readonly connects: number;
  /** The body as curl wrote it. */
  readonly body: Buffer;
}

/** Sends the requests of an app one after the other, over one connection where curl can. */
export async function sendAll(requests: readonly AppRequest[], way: Way): Promise<Answered[]> {
  const at = folder();
  const sections = requests.map((request, i) => section(request, way, join(at, String(i))));
  const { stdout, stderr } = await curl(['--config', '-'], sections.join('next\n'));
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (lines.length !== requests.length) throw new Error(`curl: ${stderr}`);
  return lines.map((line, i) => {
    const [status = 0, connects = 0] = line.split(' ').map(Number);
    return { status, connects, body: status === 0 ? Buffer.alloc(0) : readFileSync(join(at, String(i))) };
  });
}

/** A part of a configuration file of curl. */
function section({ host, method, path, headers, body }: AppRequest, way: Way, to: string): string {
  const { proxyPort, caFile, options = [] } = way;
  const lines = [
    ...['silent', 'show-error', 'max-time = 20', `cacert = ${quoted(caFile)}`, ...options],
    `write-out = "%{http_code} %{num_connects}\\n"`,
    ...[`request = ${method}`, `url = ${quoted(`https://${host}${path}`)}`, `output = ${quoted(to)}`],
    ...headers.map(([name, value]) => `header = ${quoted(`${name}: ${value}`)}`),
  ];
  if (proxyPort !== null) lines.push(`proxy = "http://127.0.0.1:${proxyPort}"`);
  if (body !== null) lines.push(`data-binary = ${quoted(body)}`);
  return `${lines.join('\n')}\n`;
}

function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&')}"`;
}

/** What an app of Renpho Health reads in an answer. */
export function openedAnswer({ body }: Answered): unknown {
  const { data } = Object(parsed(body.toString()));
  return typeof data === 'string' ? parsed(unseal(data)) : undefined;
}
