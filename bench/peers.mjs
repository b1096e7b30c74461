/** Through what the sessions go: one entry a peer. Adding a peer is adding an entry. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Place
 * @property {number} port where the peer is to listen, on 127.0.0.1
 * @property {number} originPort
 * @property {string} folder an empty folder of its own
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} keeps what it keeps of an exchange
 * @property {((place: Place) => string[]) | null} command program and arguments; null for no peer at all
 * @property {string} [missing] why it cannot run here
 * @property {boolean} [journal] whether it leaves scaletap's journal in its folder
 */

const splice = fileURLToPath(new URL('./peers/splice.mjs', import.meta.url));
const httpProxy = fileURLToPath(new URL('./peers/http-proxy.mjs', import.meta.url));
const scaletap = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const node = process.execPath;

/** @type {Peer[]} */
export const peers = [
  { name: 'direct', keeps: 'nothing', command: null },
  {
    name: 'splice',
    keeps: 'nothing',
    command: ({ port, originPort }) => [node, splice, `${port}`, `${originPort}`],
  },
  scaletapIn('scaletap', 'auto'),
  scaletapIn('scaletap-live', 'live'),
  {
    name: 'http-proxy',
    keeps: 'nothing',
    command: ({ port, originPort }) => [node, httpProxy, `${port}`, `${originPort}`],
  },
  {
    name: 'http-proxy-tap',
    keeps: 'file, not synced',
    command: ({ port, originPort, folder }) => [
      ...[node, httpProxy, `${port}`, `${originPort}`, join(folder, 'tap')],
    ],
  },
  {
    name: 'mitmdump',
    keeps: 'flow file, not synced',
    command: ({ port, originPort, folder }) => [
      ...['mitmdump', '--quiet', '--listen-host', '127.0.0.1', '--listen-port', `${port}`],
      ...['--mode', `reverse:http://127.0.0.1:${originPort}`, '--set', 'keep_host_header=true'],
      ...['--set', `confdir=${folder}`, '-w', join(folder, 'flows')],
    ],
    missing: installed('mitmdump'),
  },
  { name: 'nginx', keeps: 'nothing', command: nginxCommand, missing: installed('nginx') },
];

function scaletapIn(name, mode) {
  return {
    name,
    keeps: 'durable journal',
    journal: true,
    command: ({ port, originPort, folder }) => [
      ...[node, scaletap, 'serve', '--mode', mode, '--listen', `127.0.0.1:${port}`],
      ...['--upstream', `scalews.withings.net=127.0.0.1:${originPort}`, '--data-dir', folder],
      // Nothing may be forgotten: what is missing in the journal counts as lost.
      ...['--journal-max-size', '0'],
    ],
    missing: existsSync(scaletap) ? undefined : 'dist/main.js is not built',
  };
}

/** One process does it all, so that its memory and its CPU time are the peer's. */
function nginxCommand({ port, originPort, folder }) {
  const logs = join(folder, 'nginx');
  mkdirSync(logs);
  const forever = 1_000_000_000;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const lines = [
    'daemon off; master_process off; worker_processes 1;',
    `pid ${logs}/pid; error_log ${logs}/error.log;`,
    'events { worker_connections 1024; }',
    'http {',
    '  access_log off;',
    ...temporary.map((name) => `  ${name}_temp_path ${logs}/${name};`),
    `  upstream origin { server 127.0.0.1:${originPort}; keepalive 64; keepalive_requests ${forever}; }`,
    '  server {',
    `    listen 127.0.0.1:${port}; keepalive_requests ${forever};`,
    '    location / {',
    '      proxy_pass http://origin; proxy_http_version 1.1;',
    '      proxy_set_header Connection ""; proxy_set_header Host $http_host;',
    '    }',
    '  }',
    '}',
  ];
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return ['nginx', '-p', folder, '-e', `${logs}/error.log`, '-c', file];
}

export function installed(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.some((folder) => existsSync(join(folder, program))) ? undefined : 'not installed';
}
