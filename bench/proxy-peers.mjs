/** Through what the phones go: one entry a peer. Adding a peer is adding an entry. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { APP_HOST, numberedHost, OTHER_HOST } from './app-message.mjs';
import { installed } from './peers.mjs';

/**
 * @typedef {object} Place
 * @property {number} port where the peer is to listen, on 127.0.0.1
 * @property {import('./proxy-round.mjs').Origin} origin
 * @property {number} hosts how many numbered hosts it is going to meet
 * @property {string} folder an empty folder of its own
 *
 * @typedef {object} ProxyPeer
 * @property {string} name
 * @property {string} keeps what it keeps of an exchange
 * @property {boolean} tunnels whether it is measured with a tunnel that nobody reads
 * @property {boolean} [manyHosts] whether its memory is measured over many hosts
 * @property {(place: Place) => string[]} command program and arguments
 * @property {(place: Place) => string} caFile the authority that signs what a phone sees
 * @property {string} [missing] why it cannot run here
 * @property {boolean} [journal] whether it leaves scaletap's journal in its folder
 */

const splice = fileURLToPath(new URL('./peers/connect-splice.mjs', import.meta.url));
const tlsSplice = fileURLToPath(new URL('./peers/tls-splice.mjs', import.meta.url));
const toOrigin = fileURLToPath(new URL('./peers/to-origin.py', import.meta.url));
const scaletap = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const node = process.execPath;

/** @type {ProxyPeer[]} */
export const peers = [
  {
    name: 'splice',
    keeps: 'nothing',
    tunnels: true,
    command: ({ port, origin }) => [
      ...[node, splice, `${port}`, `${origin.port}`, OTHER_HOST, `${origin.plainPort}`],
    ],
    // It opens nothing: what it carries of TLS is all that phones and origin can do on this machine.
    caFile: ({ origin }) => origin.caFile,
  },
  {
    name: 'tls-splice',
    keeps: 'nothing',
    tunnels: false,
    command: ({ port, origin }) => [
      ...[node, tlsSplice, `${port}`, `${origin.port}`],
      ...[origin.keyFile, origin.certificateFile, origin.caFile],
    ],
    caFile: ({ origin }) => origin.caFile,
  },
  {
    name: 'scaletap',
    keeps: 'durable journal',
    tunnels: true,
    manyHosts: true,
    command: scaletapCommand,
    caFile: ({ folder }) => join(folder, 'certs/scaletap-ca.pem'),
    journal: true,
  },
  {
    name: 'mitmdump',
    keeps: 'flow file, not synced',
    tunnels: false,
    manyHosts: true,
    command: ({ port, origin, folder }) => [
      // Else Python would leave a folder beside the script.
      ...['env', 'PYTHONDONTWRITEBYTECODE=1'],
      ...[
        'mitmdump',
        '--quiet',
        '--mode',
        'regular',
        '--listen-host',
        '127.0.0.1',
        '--listen-port',
        `${port}`,
      ],
      ...['--set', `confdir=${folder}`, '-w', join(folder, 'flows')],
      ...['--set', `ssl_verify_upstream_trusted_ca=${origin.caFile}`],
      ...['--scripts', toOrigin, '--set', `origin_port=${origin.port}`],
    ],
    caFile: ({ folder }) => join(folder, 'mitmproxy-ca-cert.pem'),
    missing: installed('mitmdump'),
  },
];

function scaletapCommand({ port, origin, hosts, folder }) {
  const numbered = Array.from({ length: hosts }, (_, i) => numberedHost(i + 1));
  const upstreams = [
    `${OTHER_HOST}=127.0.0.1:${origin.plainPort}`,
    ...[APP_HOST, ...numbered].map((host) => `${host}=127.0.0.1:${origin.port}`),
  ];
  const config = join(folder, 'bench.yaml');
  writeFileSync(config, ['upstream:', ...upstreams.map((upstream) => `  - ${upstream}`), ''].join('\n'));
  return [
    ...[node, scaletap, 'serve', '--config', config, '--data-dir', folder, '--upstream-ca', origin.caFile],
    ...['--listen', '127.0.0.1:0', '--proxy-listen', `127.0.0.1:${port}`, '--web-listen', 'off'],
    // Nothing may be forgotten: what is missing in the journal counts as lost.
    ...['--journal-max-size', '0'],
  ];
}
