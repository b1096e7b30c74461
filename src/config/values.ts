import { isIP } from 'node:net';

/**
 * A value that is not what its option takes. The message goes on after the value in quotes: `is not a number
 * of seconds; write one such as 300`.
 */
export class InvalidValue extends Error {}

/** Where to listen. Without a host it is all addresses of the machine. */
export interface Endpoint {
  readonly host: string | null;
  /** 0 takes any free port. */
  readonly port: number;
}

/** An upstream that is allowed, and where to dial it if that is fixed. */
export interface UpstreamRule {
  /** The name as it stands in the Host header, lower case. */
  readonly host: string;
  /** An IPv4 or IPv6 address, without brackets; null to look the name up. */
  readonly address: string | null;
  /** Null for the port that the vendor's own server has. */
  readonly port: number | null;
}

const hostname = /^(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i;

/** A number of `unit` between `min` and `max`, whole unless `fraction`. */
export function parseNumber(
  text: string,
  { unit, example, min, max, fraction }: NumberRange & { readonly example: number },
): number {
  const what = `a ${fraction ? '' : 'whole '}number of ${unit}`;
  const shape = min < 0 ? /^-?\d{1,16}(\.\d{1,6})?$/ : /^\d{1,16}(\.\d{1,6})?$/;
  if (!shape.test(text)) throw new InvalidValue(`is not ${what}; write one such as ${example}`);
  const number = Number(text);
  if (!fraction && !Number.isInteger(number))
    throw new InvalidValue(`is not ${what}; write one such as ${example}`);
  if (number < min || number > max) throw new InvalidValue(`is not ${what} from ${min} to ${max}`);
  return number;
}

export interface NumberRange {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly fraction: boolean;
}

/** `yes` and `no` in the forms that people write into variables and files. */
export function parseSwitch(text: string): boolean {
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  throw new InvalidValue('is neither true nor false; write one of the two');
}

/** `8081`, `host:8081`, `192.0.2.1:80` or `[::1]:80`. */
export function parseEndpoint(text: string): Endpoint {
  if (/^\d+$/.test(text)) return { host: null, port: parsePort(text) };
  const { host, port } = splitPort(text);
  if (port === null) throw new InvalidValue('has no port; write host:port, such as 192.0.2.1:80 or [::1]:80');
  if (isIP(host) === 0 && !hostname.test(host)) throw new InvalidValue('is not host:port');
  return { host, port };
}

/** As {@link parseEndpoint} takes it, or `off` for nowhere. */
export function parseEndpointOrOff(text: string): Endpoint | null {
  return /^(off|none|no|false)$/i.test(text) ? null : parseEndpoint(text);
}

/** `user:password`, given back as it is. */
export function parseLogin(text: string): string {
  const [, user, password] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  if (!user || !password) throw new InvalidValue('is not user:password');
  if (/\p{Cc}/u.test(text)) throw new InvalidValue('has a control character in it');
  return text;
}

/** A host's name, in lower case and without a final dot. */
export function parseHostName(text: string): string {
  if (!hostname.test(text) || isIP(text) !== 0) throw new InvalidValue('is not the name of a host');
  return text.toLowerCase().replace(/\.$/, '');
}

/** A port that something can be reached at. */
export function parseRemotePort(text: string): number {
  const port = parsePort(text);
  if (port === 0) throw new InvalidValue('is no port that something can be reached at');
  return port;
}

/** `scale.example` to allow a host, or `scale.example=192.0.2.1:8080` to fix its address as well. */
export function parseUpstream(text: string): UpstreamRule {
  const equals = text.indexOf('=');
  const host = (equals < 0 ? text : text.slice(0, equals)).toLowerCase();
  if (!hostname.test(host)) throw new InvalidValue('is not host or host=address:port');
  if (equals < 0) return { host, address: null, port: null };
  const { host: address, port } = splitPort(text.slice(equals + 1));
  if (isIP(address) === 0)
    throw new InvalidValue('has no IP address after "="; write host=address or host=address:port');
  if (port === 0) throw new InvalidValue('has port 0, which nothing can be reached at');
  return { host, address, port };
}

/** A resolver as `address`, `address:port` or `[address]:port`, which `dns.Resolver.setServers` takes. */
export function parseResolver(text: string): string {
  const { host, port } = splitPort(text);
  if (isIP(host) === 0)
    throw new InvalidValue('is not the IP address of a resolver, such as 9.9.9.9 or [2620:fe::fe]:53');
  if (port === null) return host;
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address of an InfluxDB: `http://[user:password@]host[:port]/database`, for 2 and 3 a bucket. Given back as it is. */
export function parseInfluxUrl(text: string): string {
  const shape = 'write http://user:password@host:8086/database';
  if (!URL.canParse(text)) throw new InvalidValue(`is not a URL; ${shape}`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new InvalidValue(`is not http or https; ${shape}`);
  if (!/^\/[^/]+\/?$/.test(url.pathname))
    throw new InvalidValue(`does not end with the name of one database; ${shape}`);
  if (url.search !== '' || url.hash !== '')
    throw new InvalidValue(`has something after the database; ${shape}`);
  return text;
}

/** The address of an MQTT broker: `mqtt[s]://[user:password@]host[:port]`. Given back as it is. */
export function parseMqttUrl(text: string): string {
  const shape = 'write mqtt://user:password@host:1883, or mqtts:// for TLS';
  if (!URL.canParse(text)) throw new InvalidValue(`is not a URL; ${shape}`);
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  if (protocol !== 'mqtt:' && protocol !== 'mqtts:')
    throw new InvalidValue(`is neither mqtt nor mqtts; ${shape}`);
  if (hostname === '' || !/^\/?$/.test(pathname) || search !== '' || hash !== '') {
    throw new InvalidValue(`has more or less than a host and port; ${shape}`);
  }
  return text;
}

/** A topic, or the beginning of one, that messages may be published to. Without slashes at its ends. */
export function parseTopic(text: string): string {
  const topic = text.replace(/^\/+|\/+$/g, '');
  if (topic === '' || /[+#\p{Cc}]/u.test(topic) || Buffer.byteLength(topic) > 200) {
    throw new InvalidValue('is no topic; write one such as scaletap or house/scales, without + and #');
  }
  return topic;
}

/** A device's address as the store has it: a MAC in lower case with colons, anything else as it is. */
export function parseDevice(text: string): string {
  if (text.trim() === '') throw new InvalidValue('is empty; write an address such as 00:24:e4:00:00:01');
  return /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text) ? text.toLowerCase().replaceAll('-', ':') : text;
}

/** The name of a time zone in the IANA database, given back as it is. */
export function parseTimeZone(text: string): string {
  const wrong = new InvalidValue('is not the name of a time zone, such as Europe/Berlin');
  // Intl takes offsets such as +01:00 as well, which know no summer time.
  if (!/^[a-z]/i.test(text)) throw wrong;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
  } catch (cause) {
    if (cause instanceof RangeError) throw wrong;
    throw cause;
  }
  return text;
}

/** A language with or without its country: `en_GB`, which may be written `en-gb`, or `de`. */
export function parseLanguage(text: string): string {
  const [, language, country] = /^([a-z]{2})(?:[_-]([a-z]{2}))?$/i.exec(text) ?? [];
  if (language === undefined) throw new InvalidValue('is not a language, such as en_GB or de');
  const lower = language.toLowerCase();
  return country === undefined ? lower : `${lower}_${country.toUpperCase()}`;
}

/** Text with the user and password of a URL in it covered, also when the URL is not a good one. */
export function maskUrl(text: string): string {
  const at = text.lastIndexOf('@');
  if (at < 0) return text;
  const scheme = /^[a-z][a-z0-9+.-]*:\/*/i.exec(text)?.[0] ?? '';
  return `${scheme}***${text.slice(at)}`;
}

const spans: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3 };

/**
 * A point in time, in milliseconds since the Unix epoch: so long before `nowMs` (`90m`, `12h`, `7d`, `2w`), or a
 * date (midnight, local) or date and time (local unless it ends with Z or an offset).
 */
export function parseSince(text: string, nowMs: number): number {
  const ago = /^(\d{1,9})\s*([smhdw])$/.exec(text);
  if (ago) return nowMs - Number(ago[1]) * (spans[ago[2] ?? ''] ?? 0);
  const date = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/i.exec(text);
  const time = date
    ? Date.parse(date[2] === undefined ? `${text}T00:00` : text.replace(' ', 'T'))
    : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidValue('is not a time; write 12h, 7d, 2026-01-31 or 2026-01-31T06:30');
  }
  return time;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65535) throw new InvalidValue('has a port that is not between 0 and 65535');
  return port;
}

/** `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address taken apart. */
function splitPort(text: string): { host: string; port: number | null } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) {
    const [, host = '', port] = bracketed;
    if (isIP(host) !== 6) throw new InvalidValue('has no IPv6 address between its brackets');
    return { host, port: port === undefined ? null : parsePort(port) };
  }
  const colon = text.lastIndexOf(':');
  if (colon < 0 || isIP(text) === 6) return { host: text, port: null };
  if (text.indexOf(':') !== colon)
    throw new InvalidValue('has an IPv6 address without brackets; write [address]:port');
  return { host: text.slice(0, colon), port: parsePort(text.slice(colon + 1)) };
}
