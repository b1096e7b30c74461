import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A resolver on loopback that knows no name, or says nothing at all, and counts who asks. */
export interface CountingDns {
  /** `127.0.0.1:port`, as `--upstream-dns` takes it. */
  readonly server: string;
  readonly questions: number;
  stop(): void;
}

/** Response, recursion desired and available, NXDOMAIN (RFC 1035 section 4.1.1). */
const NXDOMAIN = [0x81, 0x83] as const;

export async function startCountingDns(manner: 'no-such-name' | 'silent'): Promise<CountingDns> {
  const socket = createSocket('udp4');
  let questions = 0;
  socket.on('message', (question, from) => {
    questions++;
    if (manner === 'silent') return;
    const answer = Buffer.from(question);
    answer.set(NXDOMAIN, 2);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    server: `127.0.0.1:${socket.address().port}`,
    get questions() {
      return questions;
    },
    stop: () => socket.close(),
  };
}
