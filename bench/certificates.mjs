/** What the origin proves itself with: an authority of the bench's own, and a certificate for the hosts of the load. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { APP_HOST, numberedHost } from './app-message.mjs';

/**
 * Makes them with openssl, on curve P-256, so that the origin's part of a handshake is small.
 *
 * @param {string} folder
 * @returns {{ caFile: string, keyFile: string, certificateFile: string }} PEM files
 */
export function makeCertificates(folder) {
  const caFile = join(folder, 'origin-ca.pem');
  const caKeyFile = join(folder, 'origin-ca-key.pem');
  const keyFile = join(folder, 'origin-key.pem');
  const certificateFile = join(folder, 'origin.pem');
  const anyNumbered = numberedHost(0).replace(/^[^.]+/, '*');
  make(caKeyFile, caFile, 'bench authority', [
    'basicConstraints=critical,CA:TRUE',
    'keyUsage=critical,keyCertSign',
  ]);
  make(
    keyFile,
    certificateFile,
    APP_HOST,
    [
      'basicConstraints=critical,CA:FALSE',
      'extendedKeyUsage=serverAuth',
      `subjectAltName=DNS:${APP_HOST},DNS:${anyNumbered}`,
    ],
    ['-CA', caFile, '-CAkey', caKeyFile],
  );
  return { caFile, keyFile, certificateFile };
}

function make(keyFile, file, name, extensions, issuer = []) {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', keyFile, '-out', file, '-days', '2', '-subj', `/CN=${name}`, ...issuer],
      ...extensions.flatMap((extension) => ['-addext', extension]),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
}
