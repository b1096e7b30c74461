import type { InfluxSettings } from '../index.js';

/** Where and as whom to write: an InfluxDB URL taken apart. */
export interface InfluxTarget {
  readonly protocol: 'http' | 'https';
  /** Name or address, an IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** The database; of InfluxDB 2 the bucket. */
  readonly database: string;
  /** Empty when the URL names nobody, as it must for 2 and 3. */
  readonly user: string;
  readonly password: string;
}

/** Why a text is no InfluxDB URL. */
type InfluxUrlReason =
  /** It does not begin with `http://` or `https://`. */
  | 'bad-scheme'
  /** Host or port cannot be read, most often because of a character in the password. */
  | 'bad-address'
  /** There is more behind the host than one database name: a longer path, `?` or `#`. */
  | 'bad-path'
  | 'missing-database'
  /** InfluxDB takes no name with slashes, backslashes, quotes or control characters, nor `.` and `..`. */
  | 'bad-database'
  /** A `%` that is not followed by two hexadecimal digits of UTF-8. */
  | 'bad-encoding';

const form = 'Write http://[user:password@]host[:port]/database';
const encode =
  'Special characters in user and password are written percent-encoded: @ as %40, / as %2F, # as %23';

/** What is said to people. It never quotes the URL, where the password may be anywhere when it is malformed. */
const messages: Record<InfluxUrlReason, string> = {
  'bad-scheme': `The InfluxDB URL must begin with http:// or https://. ${form}.`,
  'bad-address': `Host or port of the InfluxDB URL cannot be read. ${form}. ${encode}, % as %25.`,
  'bad-path': `The InfluxDB URL must end with the name of one database. ${form}. ${encode}, ? as %3F.`,
  'missing-database': `The InfluxDB URL names no database. ${form}, for example http://localhost:8086/scaletap.`,
  'bad-database':
    'The database name in the InfluxDB URL must not be . or .. nor hold slashes, backslashes, quotes or control characters.',
  'bad-encoding': `The InfluxDB URL holds a % that encodes no character. Write % itself as %25. ${form}.`,
};

/** An InfluxDB URL that cannot be used, with a message for people that holds nothing of the URL. */
interface BadInfluxUrl {
  readonly reason: InfluxUrlReason;
  readonly message: string;
}

function bad(reason: InfluxUrlReason): BadInfluxUrl {
  return { reason, message: messages[reason] };
}

/** The port that each version listens on when nobody has changed it (docs.influxdata.com). */
const usualPort = { 1: 8086, 2: 8086, 3: 8181 } as const;

/**
 * Takes `http[s]://[user:password@]host[:port]/database` apart; the port is the usual one of the version when none is
 * written, for https too. User, password and database may be percent-encoded.
 */
export function parseInfluxUrl(
  text: string,
  version: InfluxSettings['version'],
): InfluxTarget | BadInfluxUrl {
  const trimmed = text.trim();
  const scheme = /^(https?):\/\//i.exec(trimmed)?.[1];
  if (scheme === undefined) return bad('bad-scheme');
  const protocol = scheme.toLowerCase() === 'https' ? 'https' : 'http';
  const rest = trimmed.slice(scheme.length);
  if (!URL.canParse(`http${rest}`)) return bad('bad-address');
  const url = new URL(`http${rest}`);
  // URL drops the port that its scheme implies, but :80 written down is not the same as no port here.
  const port = Number(url.port || new URL(`https${rest}`).port || usualPort[version]);
  if (port === 0) return bad('bad-address');

  const path = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  // An unencoded @ here is the end of a password with a slash in it.
  if (/[/@]/.test(path) || url.search !== '' || url.hash !== '') return bad('bad-path');
  if (path === '') return bad('missing-database');
  const database = decoded(path);
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (database === undefined || user === undefined || password === undefined) return bad('bad-encoding');
  // In 2 and 3 an upgraded 1.x database is called database/retention-policy.
  const never = version === '1' ? /^\.\.?$|[/\\'"\p{Cc}]/u : /^\.\.?$|[\\'"\p{Cc}]/u;
  if (never.test(database)) return bad('bad-database');
  return { protocol, host: url.hostname, port, database, user, password };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** What a request goes to: `http://nas:8086`. */
export function originOf({ protocol, host, port }: InfluxTarget): string {
  return `${protocol}://${host}:${port}`;
}

/** The target for people and as a stable name, `http://nas:8086/scales`: never with user or password. */
export function targetName(target: InfluxTarget): string {
  return `${originOf(target)}/${encodeURIComponent(target.database)}`;
}
