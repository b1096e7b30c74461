import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A certificate and its key, PEM, as `tls.createServer` takes them. */
export interface Issued {
  readonly key: string;
  readonly cert: string;
}

/** What a certificate is to be like; by default it is good for ten days. */
export interface IssueOptions {
  /** How many days from now it ends; negative for one that ended. */
  readonly days?: number;
}

/** A certificate authority for servers that stand in for the internet, made with openssl in a temporary folder. */
export interface TestAuthority {
  /** Its own certificate, PEM. */
  readonly caFile: string;
  issue(names: readonly string[], options?: IssueOptions): Promise<Issued>;
  /** Removes its files. */
  close(): Promise<void>;
}

export async function testAuthority(): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'scaletap-authority-'));
  const file = (name: string): string => join(folder, name);
  const caFile = file('ca.pem');
  const caKey = file('ca.key');
  let issued = 0;
  await makeKey(caKey);
  const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  const added = extensions.flatMap((line) => ['-addext', line]);
  const name = ['-subj', '/CN=Authority of a test', '-days', '20', ...added];
  await openssl(['req', '-x509', '-new', '-key', caKey, '-out', caFile, ...name]);
  return {
    caFile,
    async issue(names, { days = 10 } = {}) {
      const at = file(`leaf-${++issued}`);
      await makeKey(`${at}.key`);
      await writeFile(`${at}.ext`, extensionsOf(names));
      await openssl(['req', '-new', '-key', `${at}.key`, '-out', `${at}.csr`, '-subj', '/CN=Test']);
      const by = ['-CA', caFile, '-CAkey', caKey, '-extfile', `${at}.ext`, '-days', String(days)];
      const serial = ['-set_serial', String(1_000 + issued)];
      await openssl(['x509', '-req', '-in', `${at}.csr`, '-out', `${at}.pem`, ...by, ...serial]);
      return { key: await readFile(`${at}.key`, 'utf8'), cert: await readFile(`${at}.pem`, 'utf8') };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function extensionsOf(names: readonly string[]): string {
  const san = names.map((name) => `${/^[\d.]+$|:/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  return `basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=${san}\n`;
}

async function makeKey(path: string): Promise<void> {
  await openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', path]);
}

async function openssl(args: readonly string[]): Promise<void> {
  await execute('openssl', args);
}
