import { extname } from 'node:path';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { UsageError } from '../model/errors.js';
import { type Authority, openAuthority, renewAuthority } from '../trust/authority.js';
import { certificateFile, certsFolder } from '../trust/files.js';
import { mobileconfig } from '../trust/mobileconfig.js';
import { localTime, print, writeFile } from './output.js';

const DAY_MS = 86_400_000;

/** What `ca export` writes, by the ending of the file. */
const forms = new Map<string, (authority: Authority) => string | Uint8Array>([
  ['.pem', ({ pem }) => pem],
  ['.der', ({ der }) => der],
  ['.cer', ({ der }) => der],
  ['.crt', ({ der }) => der],
  ['.mobileconfig', mobileconfig],
]);

/** `scaletap ca [show]`: the authority of the data folder, made when there is none, as `serve` would make it. */
export async function show({ dataDir }: Pick<Settings, 'dataDir'>): Promise<number> {
  const folder = certsFolder(dataDir);
  await print(described(folder, await openAuthority(folder)));
  return 0;
}

/** `scaletap ca export`: the certificate, never the key, to a file in the form of its ending, or as PEM to stdout. */
export async function exportTo({ dataDir, out }: Pick<Settings, 'dataDir' | 'out'>): Promise<number> {
  const form = forms.get(out === null ? '.pem' : extname(out).toLowerCase());
  if (form === undefined) {
    throw new UsageError(`${out}: --out must end in one of ${[...forms.keys()].join(', ')}`);
  }
  const authority = await openAuthority(certsFolder(dataDir));
  if (out === null) await print(form(authority));
  else {
    await writeFile(out, [form(authority)]);
    await print(`${authority.subject} is written to ${out}\nSHA-256 ${authority.fingerprintSha256}\n`);
  }
  return 0;
}

/** `scaletap ca renew`: a new authority; the files of the old one stay beside it under other names. */
export async function renew({ dataDir }: Pick<Settings, 'dataDir'>, log: Log): Promise<number> {
  const folder = certsFolder(dataDir);
  const { authority, kept } = await renewAuthority(folder);
  const lines = kept.map((path) => `The old one is kept as ${path}\n`);
  await print(described(folder, authority) + lines.join(''));
  log.warn('every phone must get the new authority, and a serve that runs must be started again to use it');
  return 0;
}

function described(folder: string, authority: Authority): string {
  const { subject, fingerprintSha256, notBeforeMs, notAfterMs } = authority;
  const days = Math.max(0, Math.floor((notAfterMs - Date.now()) / DAY_MS));
  return `Subject      ${subject}
SHA-256      ${fingerprintSha256}
Valid from   ${localTime(notBeforeMs)}
Valid until  ${localTime(notAfterMs)} (${days} days left)
Certificate  ${certificateFile(folder)}
`;
}
