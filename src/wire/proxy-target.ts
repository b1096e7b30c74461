import { isIPv6 } from 'node:net';
import { printable } from '../model/escape.js';
import { canonicalAddress } from './address.js';
import type { Refusal } from './admission.js';
import type { HeadFacts } from './head.js';
import { skipEmptyLines, skipSpaces, wordEnd } from './head.js';
import { plainHostName } from './host-name.js';

/** What a client of the proxy asks for. Hosts are in lower case without final dot, IPv6 without brackets. */
export type ProxyTarget = ConnectTarget | ForwardTarget | OwnTarget;

export interface ConnectTarget {
  readonly kind: 'connect';
  readonly host: string;
  readonly port: number;
}

/** Plain HTTP to another host. */
export interface ForwardTarget {
  readonly kind: 'forward';
  readonly host: string;
  readonly port: number;
  /** The target in origin form: path and query as they stood. */
  readonly target: string;
  /** The host as the Host header says it, with its port when that is not 80. */
  readonly authority: string;
}

/** A page of the proxy itself. */
export interface OwnTarget {
  readonly kind: 'own';
  readonly path: string;
}

/** The name that the proxy answers to itself, for phones which are being set up. */
export const OWN_HOST = 'scaletap.setup';
export const HTTP_PORT = 80;
const HIGHEST_PORT = 65_535;
/** Of a host or scheme that is no good one, so much is shown. */
const MAX_SHOWN = 60;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/**
 * What the head of a request to the proxy asks for, by its target alone: its Host header has no say in it (RFC 9112
 * section 3.2.2). A target in origin form is for the proxy itself, as a browser asks for that opens its address.
 */
export function proxyTarget({ method, target }: HeadFacts): ProxyTarget | Refusal {
  if (hasControls(target)) return bad('the target has a space or a control character in it');
  if (method === 'CONNECT') return connectTarget(target);
  if (target.startsWith('/')) return { kind: 'own', path: target };
  const [, scheme, authority = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (scheme === undefined) return bad('the target is neither a path nor a whole URL');
  if (scheme.toLowerCase() !== 'http') {
    return bad(`the proxy does not fetch ${shown(scheme)} URLs; ask it for a tunnel with CONNECT`);
  }
  const place = placeOf(authority, HTTP_PORT);
  if ('reason' in place) return place;
  const { host, port } = place;
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  if (host === OWN_HOST) return { kind: 'own', path };
  const name = isIPv6(host) ? `[${host}]` : host;
  return {
    kind: 'forward',
    host,
    port,
    // RFC 9112 section 3.2.4: a question about the server as a whole.
    target: method === 'OPTIONS' && rest === '' ? '*' : path,
    authority: port === HTTP_PORT ? name : `${name}:${port}`,
  };
}

function connectTarget(target: string): ProxyTarget | Refusal {
  const place = placeOf(target, null);
  return 'reason' in place ? place : { kind: 'connect', ...place };
}

/** Takes `host`, `host:port`, `[v6]` or `[v6]:port` apart. Without `usualPort` the port must be there. */
function placeOf(authority: string, usualPort: number | null): { host: string; port: number } | Refusal {
  // Not shown: it may be a password.
  if (authority.includes('@')) return bad('the target has a user or password in it');
  const [, bracketed, name = '', portText = ''] = /^(?:\[(.*)\]|([^:]*))(?::(.*))?$/.exec(authority) ?? [];
  const host = bracketed === undefined ? plainHostName(name) : plainIPv6(bracketed);
  if (host === null) return bad(`"${shown(authority)}" does not begin with a host name or address`);
  if (portText === '' && usualPort !== null) return { host, port: usualPort };
  const port = /^[0-9]{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > HIGHEST_PORT) return bad(`"${shown(authority)}" does not end with a good port`);
  return { host, port };
}

/** An IPv6 address as it is usually written, which knows no scope; null when it is none. */
function plainIPv6(text: string): string | null {
  return isIPv6(text) && !text.includes('%') ? canonicalAddress(text) : null;
}

function hasControls(target: string): boolean {
  for (let at = 0; at < target.length; at++) {
    const c = target.charCodeAt(at);
    if (c <= SPACE || c === 127) return true;
  }
  return false;
}

function bad(message: string): Refusal {
  return { reason: 'bad-target', message };
}

function shown(text: string): string {
  return printable(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text);
}

/**
 * The head of a request in absolute form as its server gets it: the target in origin form, none of the headers that
 * are meant for the proxy (`Proxy-*`), and one Host, which is the URL's: `host`, with its port where that is not 80.
 * All other bytes are as they were, a Host that says the same as well. `head` is one that readHead has framed.
 */
export function originHead(head: Buffer, target: string, host: string): Buffer {
  const start = skipEmptyLines(head, 0);
  const methodEnd = wordEnd(head, start);
  const targetStart = skipSpaces(head, methodEnd);
  const targetEnd = wordEnd(head, targetStart);
  const firstLineEnd = lineEnd(head, targetEnd);

  const lines: Buffer[] = [];
  let hasHost = false;
  let at = firstLineEnd;
  while (at < head.length && !isBlank(head, at)) {
    const line = head.subarray(at, lineEnd(head, at));
    at += line.length;
    const colon = line.indexOf(COLON);
    const name = line.toString('latin1', 0, Math.max(0, colon)).toLowerCase();
    if (name.startsWith('proxy-')) continue;
    if (name !== 'host') lines.push(line);
    else if (!hasHost) {
      hasHost = true;
      lines.push(saysHost(line.toString('latin1', colon + 1), host) ? line : hostLine(line, colon, host));
    }
  }
  return Buffer.concat([
    head.subarray(0, targetStart),
    Buffer.from(target, 'latin1'),
    head.subarray(targetEnd, firstLineEnd),
    ...(hasHost ? [] : [Buffer.from(`Host: ${host}\r\n`, 'latin1')]),
    ...lines,
    head.subarray(at),
  ]);
}

/** Whether a Host header means `host`, in whatever case, with a final dot or with the port that is usual anyway. */
function saysHost(value: string, host: string): boolean {
  const place = placeOf(value.trim(), HTTP_PORT);
  const wanted = placeOf(host, HTTP_PORT);
  if ('reason' in place || 'reason' in wanted) return false;
  return place.host === wanted.host && place.port === wanted.port;
}

/** The line with another value; the case of its name and its line end stay. */
function hostLine(line: Buffer, colon: number, host: string): Buffer {
  const name = line.toString('latin1', 0, colon);
  return Buffer.from(`${name}: ${host}${line.at(-2) === CR ? '\r' : ''}\n`, 'latin1');
}

function isBlank(bytes: Buffer, at: number): boolean {
  return bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF);
}

/** The offset behind the line that `at` is in. */
function lineEnd(bytes: Buffer, at: number): number {
  const lf = bytes.indexOf(LF, at);
  return lf < 0 ? bytes.length : lf + 1;
}
