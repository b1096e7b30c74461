import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A port on loopback where calls are neither taken nor refused, as behind a firewall that drops them. */
export interface DeafServer {
  readonly port: number;
  stop(): void;
}

const listening = `
  const server = require('node:net').createServer();
  const port = Number(process.argv[1]);
  server.listen({ port, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;

/**
 * A listening process that is stopped, and whose queue of calls is filled until the system drops the next. `wanted` is
 * its port, 0 for any.
 */
export async function startDeafServer(wanted = 0): Promise<DeafServer> {
  const child = spawn(process.execPath, ['-e', listening, String(wanted)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const orphaned = () => child.kill('SIGKILL');
  process.once('exit', orphaned);
  const [line] = await once(child.stdout, 'data');
  const port = Number(String(line));
  child.kill('SIGSTOP');
  const queue: Socket[] = [];
  const stop = (): void => {
    for (const socket of queue) socket.destroy();
    child.kill('SIGKILL');
    process.off('exit', orphaned);
  };
  for (let calls = 0; calls < 20; calls++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    queue.push(socket);
    const taken = await Promise.race([once(socket, 'connect').then(() => true), sleep(150, false)]);
    if (!taken) return { port, stop };
  }
  stop();
  throw new Error('the system goes on taking calls');
}
