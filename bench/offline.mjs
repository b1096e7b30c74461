/**
 * `npm run bench -- --offline`: what a scale waits for an answer of scaletap's own, by what has become of its cloud.
 * Whole visits (once, session new, one measure, session delete), one after the other, each on a connection of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readMessage } from './http.mjs';
import { freePort, startPeer, stop } from './processes.mjs';
import { folder, results } from './results.mjs';
import { steps } from './session.mjs';

const VISITS = 500;
/** Visits whose first request meets the failure. They wait for time-outs, so they go side by side. */
const FIRST_VISITS = 100;

const cases = [
  { name: 'cloud answers, mode live', upstream: startCloud, flags: ['--mode', 'live'] },
  { name: 'cloud answers, mode auto', upstream: startCloud, flags: [] },
  { name: 'mode offline', upstream: startBlackHole, flags: ['--mode', 'offline'] },
  { name: 'black hole, breaker open', upstream: startBlackHole, flags: ['--probe-interval', '1000'] },
  { name: 'black hole, first request', upstream: startBlackHole, flags: neverOpen(), first: true },
  { name: 'accepts and is silent, first request', upstream: startSilence, flags: neverOpen(), first: true },
];

const rows = [];
for (const [i, each] of cases.entries()) {
  process.stderr.write(`${each.name} ...\n`);
  rows.push(await measure(each, `${folder}/${i}`));
}
const lines = [
  `One exchange, from its last byte sent to the last byte of its answer; ${cpus().length} cores, Node ${process.version}.`,
  '',
  '| the cloud | exchanges | p50 | p99 | most |',
  '| --- | ---: | ---: | ---: | ---: |',
  ...rows,
  '',
];
writeFileSync(new URL('offline.md', results), lines.join('\n'));
process.stdout.write(lines.join('\n'));
process.exit(0);

/** Every request tries upstream anew: how long the first one waits is what is asked. */
function neverOpen() {
  return ['--breaker-failures', '1000000'];
}

async function measure({ name, upstream, flags, first = false }, dataDir) {
  const { port: originPort, close } = await upstream();
  const port = await freePort();
  const child = startPeer(
    [
      ...[process.execPath, fileURLToPath(new URL('../dist/main.js', import.meta.url)), 'serve'],
      ...['--listen', `127.0.0.1:${port}`, '--data-dir', dataDir],
      ...[
        '--upstream',
        `scalews.withings.net=127.0.0.1:${originPort}`,
        '--max-connections',
        '1000',
        ...flags,
      ],
    ],
    `${dataDir}.log`,
  );
  const times = [];
  const took = (ms) => times.push(ms);
  await upOn(port);
  if (first) {
    const visits = Array.from({ length: FIRST_VISITS }, (_, i) => visit(port, i, took, 1));
    await Promise.all(visits);
  } else {
    // The first visit of all opens the breaker, and is not of those that are asked for.
    await visit(port, 0, () => undefined);
    for (let i = 1; i <= VISITS; i++) await visit(port, i, took);
  }
  await stop(child);
  close();
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)];
  return `| ${name} | ${times.length} | ${ms(at(0.5))} | ${ms(at(0.99))} | ${ms(at(1))} |`;
}

function ms(value) {
  return `${value < 100 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

async function upOn(port) {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const up = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (up) break;
    await sleep(20);
  }
  // The store opens beside.
  await sleep(500);
}

/** One visit; `took` is told of each exchange, and it ends after `most` of them. */
async function visit(port, number, took, most = 4) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let session = '';
  const meastime = 1_700_000_000 + 60 * number;
  const measures = encodeURIComponent('{"measures":[{"value":66850,"type":1,"unit":-3}]}');
  const requests = [
    () => post('once', 'action=get'),
    () =>
      post(
        'session',
        'action=new&auth=00:24:e4:00:00:01&hash=00000000000000000000000000000000&mfgid=262151&currentfw=211' +
          '&batterylvl=95&duration=30&zreboot=1',
      ),
    () =>
      post(
        'measure',
        `action=store&sessionid=${session}&macaddress=00:24:e4:00:00:01&userid=1&meastime=${meastime}&devtype=1` +
          `&attribstatus=0&measures=${measures}`,
      ),
    () => post('session', `action=delete&sessionid=${session}`),
  ];
  for (const request of requests.slice(0, most)) {
    const from = performance.now();
    socket.write(request());
    const reply = await answer(socket);
    took(performance.now() - from);
    session = /"sessionid":"([^"]+)"/.exec(reply)?.[1] ?? session;
    if (!/"status":0/.test(reply)) throw new Error(`a reply that is none: ${reply}`);
  }
  socket.destroy();
}

function answer(socket) {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const onData = (piece) => {
      received = Buffer.concat([received, piece]);
      const message = readMessage(received, 0);
      if (message === null) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(message.payload.toString());
    };
    const onClose = () => reject(new Error('closed before the reply was whole'));
    socket.on('data', onData);
    socket.on('close', onClose);
  });
}

function post(path, form) {
  return (
    `POST /cgi-bin/${path} HTTP/1.1\r\nUser-Agent: Withings UserAgent\r\nHost: scalews.withings.net\r\nAccept: */*\r\n` +
    `Content-Length: ${form.length}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n${form}`
  );
}

/** A cloud that answers with the replies of the capture, and to measures that all is well. */
async function startCloud() {
  const [onceStep, sessionStep] = steps;
  const plain = Buffer.from(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\nc\r\n{"status":0}\r\n0\r\n\r\n',
  );
  return listen((socket) => {
    socket.on('data', (piece) => {
      const text = piece.toString('latin1');
      if (text.startsWith('POST /cgi-bin/once')) socket.write(onceStep.reply);
      else socket.write(text.includes('action=new') ? sessionStep.reply : plain);
    });
  });
}

/** Takes calls, and says nothing. */
function startSilence() {
  return listen((socket) => socket.resume());
}

async function listen(talk) {
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    talk(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: server.address().port, close };
}

/** Neither takes calls nor refuses them: a stopped process whose queue of calls is full. */
async function startBlackHole() {
  const script =
    "const s = require('node:net').createServer(); " +
    "s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port));";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const port = Number(String(line));
  child.kill('SIGSTOP');
  const queue = [];
  for (let taken = true; taken; ) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    queue.push(socket);
    taken = await Promise.race([once(socket, 'connect').then(() => true), sleep(200, false)]);
  }
  const close = () => {
    for (const socket of queue) socket.destroy();
    child.kill('SIGKILL');
  };
  process.on('exit', () => child.kill('SIGKILL'));
  return { port, close };
}
