import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { upstreamRoots } from '../../wire/roots.js';
import type { BadSink } from '../index.js';

/** Where a broker is, and as whom to go there. */
export interface MqttTarget {
  readonly protocol: 'mqtt' | 'mqtts';
  /** A name or an address, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Empty when the URL names nobody. */
  readonly user: string;
  readonly password: string;
  /** Certificates in PEM that the broker's is verified with, for mqtts. */
  readonly ca: readonly string[];
}

const form = 'Write mqtt[s]://[user:password@]host[:port]';
const ports = { mqtt: 1883, mqtts: 8883 } as const;

/** Takes an MQTT URL apart and reads the file of an authority. What is wrong is said without the URL: it may hold a password. */
export async function mqttTarget(url: string, caFile: string | null): Promise<MqttTarget | BadSink> {
  const { protocol: scheme, hostname, port: written, username, password } = parsed(url);
  const protocol = scheme === 'mqtts:' ? 'mqtts' : 'mqtt';
  const port = written === '' ? ports[protocol] : Number(written);
  if ((scheme !== 'mqtt:' && scheme !== 'mqtts:') || hostname === '' || port === 0) {
    return { problem: `The MQTT URL cannot be read. ${form}.` };
  }
  const [user, secret] = [decoded(username), decoded(password)];
  if (user === undefined || secret === undefined) {
    return { problem: `The MQTT URL holds a % that encodes no character. Write % itself as %25. ${form}.` };
  }
  if (user === '' && secret !== '')
    return { problem: `The MQTT URL has a password without a user. ${form}.` };
  const ca = protocol === 'mqtts' || caFile !== null ? await authorities(caFile) : [];
  if ('problem' in ca) return ca;
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { protocol, host, port, user, password: secret, ca };
}

/** `nas:1883`, as part of a stable name for people: never with user or password. */
export function targetName({ host, port }: MqttTarget): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parsed(url: string): Pick<URL, 'protocol' | 'hostname' | 'port' | 'username' | 'password'> {
  if (URL.canParse(url)) return new URL(url);
  return { protocol: '', hostname: '', port: '', username: '', password: '' };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Whatever is wrong, the caller has words for it.
    return undefined;
  }
}

async function authorities(file: string | null): Promise<string[] | BadSink> {
  const system = await upstreamRoots(null);
  if (file === null) return system;
  const problem = (what: string): BadSink => ({
    problem: `${file}: ${what}; name another file with --mqtt-ca`,
  });
  let text: string;
  try {
    text = await readFile(file, 'latin1');
  } catch (error) {
    return problem(`cannot be read (${error instanceof Error && 'code' in error ? error.code : error})`);
  }
  const own = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (own.length === 0) return problem('holds no certificate in PEM form');
  return own.every(isCertificate) ? [...system, ...own] : problem('holds a damaged certificate');
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    // What is wrong with it is OpenSSL's error code, which helps nobody.
    return false;
  }
}
