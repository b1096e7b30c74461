import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { DeliveryLoop } from '../../../src/sinks/delivery.js';
import { haveMosquitto, type Mosquitto, startMosquitto } from '../../servers/mosquitto.js';
import { freePort } from '../../servers/ports.js';
import { MemoryPlace } from '../memory-place.js';
import { keptWeights } from '../readings.js';
import { anna, closeAll, day, Known, observe, sinkAt, soon } from './house.js';

// Brokers that are down, silent, old or none at all: a real one that is stopped, and raw sockets for what no real
// one does on order.

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  await closeAll();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that does with every connection what the test says. */
async function serverOf(talk: (socket: Socket, nth: number) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
    talk(socket, sockets.size);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}

/** Joins a connection with one to a broker, and cuts both after so many bytes. */
function join(socket: Socket, port: number, most = Number.POSITIVE_INFINITY): void {
  const behind = connect(port, '127.0.0.1');
  let passed = 0;
  socket.on('data', (bytes) => {
    passed += bytes.length;
    if (passed > most) socket.destroy();
    else behind.write(bytes);
  });
  behind.on('data', (bytes) => socket.write(bytes));
  behind.on('error', () => socket.destroy());
  behind.on('close', () => socket.destroy());
  socket.on('close', () => behind.destroy());
}

async function outcomeAt(talk: (socket: Socket, nth: number) => void) {
  return (await sinkAt(await serverOf(talk), new Known())).deliver([anna()]);
}

/** Answers the first packet of a connection. */
const greets = (bytes: number[]) => (socket: Socket) => {
  socket.once('data', () => socket.write(Buffer.from(bytes)));
};

describe('no broker', () => {
  test('is said once, also when there is nothing to deliver', async () => {
    const known = new Known();
    const port = await freePort();
    const sink = await sinkAt(port, known);
    await sink.deliver([anna()]);
    await sink.deliver([anna()]);
    expect(known.warnings).toEqual([expect.stringMatching(/^mqtt .*; it is tried again$/)]);
  });

  test('nobody listens', async () => {
    const sink = await sinkAt(await freePort(), new Known());
    for (let i = 0; i < 3; i++) {
      expect(await sink.deliver([anna()])).toMatchObject({
        kind: 'retry',
        cause: 'unreachable',
        message: expect.stringMatching(/ECONNREFUSED/),
      });
    }
  });

  test('an unknown name', async () => {
    const sink = await sinkAt('mqtt://no-such-host.invalid', new Known());
    expect(await sink.deliver([anna()])).toMatchObject({ kind: 'retry', cause: 'unreachable' });
  });

  test.each([
    ['says nothing', () => {}, 'timeout'],
    ['hangs up', (socket: Socket) => void socket.end(), 'unreachable'],
    ['speaks HTTP', (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'unreachable'],
    ['says that it is busy', greets([0x20, 3, 0, 137, 0]), 'server-error'],
    [
      'greets and hangs up',
      (socket: Socket) => {
        greets([0x20, 3, 0, 0, 0])(socket);
        socket.once('data', () => socket.end());
      },
      'unreachable',
    ],
    ['greets and says nothing more', greets([0x20, 3, 0, 0, 0]), 'timeout'],
  ])('one that %s', async (_, talk, cause) => {
    expect(await outcomeAt(talk)).toMatchObject({ kind: 'retry', cause });
  });

  test('close ends an attempt that is under way', async () => {
    const sink = await sinkAt(await serverOf(() => {}), new Known());
    const outcome = sink.deliver([anna()]);
    await sink.close();
    expect(await outcome).toMatchObject({ kind: 'retry', cause: 'unreachable' });
  });
});

/** A broker of before MQTT 5, that takes its time; with the versions it was spoken to in, and the topics it was told. */
async function oldBroker(delayMs: number) {
  const versions: (number | undefined)[] = [];
  const topics: string[] = [];
  const port = await serverOf((socket) => {
    socket.once('data', (bytes) => {
      // The byte behind the name of the protocol is its version.
      const version = bytes[bytes.indexOf('MQTT') + 4];
      versions.push(version);
      if (version !== 4) return socket.end(Buffer.from([0x20, 2, 0, 1]));
      socket.on('data', (more) => setTimeout(() => topics.push(...answered(socket, more)), delayMs));
      return socket.write(Buffer.from([0x20, 2, 0, 0]));
    });
  });
  return { port, versions, topics };
}

test('a broker that refuses MQTT 5 is spoken to in 3.1.1', async () => {
  const { port, versions, topics } = await oldBroker(0);
  const sink = await sinkAt(port, new Known());
  expect(await sink.deliver([anna()])).toEqual({ kind: 'delivered' });
  expect(versions).toEqual([5, 4]);
  expect(topics).toContain('scaletap/person/withings-1744475');
});

test('a broker that is slow is not interrupted: the next try goes on where it is then', async () => {
  const { port, topics } = await oldBroker(200);
  const family = Array.from({ length: 40 }, (_, i) => anna({ person: String(i), device: '' }));
  const sink = await sinkAt(port, new Known(), { deliverMs: 1_000 });
  expect(await sink.deliver(family)).toMatchObject({ kind: 'retry', cause: 'timeout' });
  await soon(async () => expect(await sink.deliver(family)).toEqual({ kind: 'delivered' }));
  expect(topics).toHaveLength(1 + 2 * 40);
  expect(new Set(topics).size).toBe(1 + 2 * 40);
});

/** Acknowledges the subscriptions and messages in these bytes, as 3.1.1 has it; gives the topics of the messages. */
function answered(socket: Socket, bytes: Buffer): string[] {
  const topics: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = (bytes[at] ?? 0) >> 4;
    let [length, shift, start] = [0, 0, at + 1];
    for (let byte = 128; byte >= 128; start++, shift += 7) {
      byte = bytes[start] ?? 0;
      length += (byte & 127) << shift;
    }
    const id = type === 3 ? start + 2 + bytes.readUInt16BE(start) : start;
    if (type === 3) {
      topics.push(bytes.toString('utf8', start + 2, id));
      socket.write(Buffer.from([0x40, 2, ...bytes.subarray(id, id + 2)]));
    }
    if (type === 8) {
      const filters = bytes.subarray(id + 2, start + length);
      const granted: number[] = [];
      for (let each = 0; each < filters.length; each += 3 + filters.readUInt16BE(each)) granted.push(0);
      socket.write(Buffer.from([0x90, 2 + granted.length, ...bytes.subarray(id, id + 2), ...granted]));
    }
    at = start + length;
  }
  return topics;
}

test('a store that cannot be read is a fault of ours, and over when it can', async () => {
  if (!haveMosquitto) return;
  const broker = await startMosquitto();
  cleanups.push(() => broker.remove());
  const known = new Known([anna()]);
  known.broken = true;
  const sink = await sinkAt(broker.port, known);
  expect(await sink.deliver([anna()])).toEqual({
    kind: 'retry',
    cause: 'server-error',
    message: 'the store cannot be read: database is locked',
  });
  known.broken = false;
  expect(await sink.deliver([anna()])).toEqual({ kind: 'delivered' });
  known.broken = true;
  const newer = anna({ value: 70, timeMs: day + 1 });
  expect(await sink.retract()).toMatchObject({ kind: 'retry', cause: 'server-error' });
  known.broken = false;
  known.readings = [newer];
  expect(await sink.retract()).toEqual({ kind: 'delivered' });
  const observer = await observe(broker.port);
  expect((await observer.retained()).get('scaletap/person/withings-1744475')).toContain('"weight_kg":70');
  await observer.close();
});

describe.skipIf(!haveMosquitto)('a real broker', () => {
  async function started(): Promise<Mosquitto> {
    const broker = await startMosquitto();
    cleanups.push(() => broker.remove());
    return broker;
  }

  test('that freezes in the middle is a time-out, and gets it when it thaws', async () => {
    const broker = await started();
    const sink = await sinkAt(broker.port, new Known());
    expect(await sink.deliver([anna()])).toEqual({ kind: 'delivered' });
    broker.freeze();
    expect(await sink.deliver([anna({ timeMs: 1, kind: 'fat_ratio', value: 20 })])).toMatchObject({
      kind: 'retry',
      cause: 'timeout',
    });
    broker.thaw();
    await soon(async () => {
      expect(await sink.deliver([anna({ timeMs: 1, kind: 'fat_ratio', value: 20 })])).toEqual({
        kind: 'delivered',
      });
    });
  });

  test('tells that we are gone when the connection breaks, and that we are back', async () => {
    const broker = await started();
    const between: Socket[] = [];
    const port = await serverOf((socket) => {
      between.push(socket);
      join(socket, broker.port);
    });
    const observer = await observe(broker.port);
    await sinkAt(port, new Known());
    const heard = () => soon(async () => expect(await observer.heard()).toHaveLength(1));
    await heard();
    between[0]?.destroy();
    const statuses: string[] = [];
    await soon(async () => {
      statuses.push(...(await observer.heard()).map(([topic, payload]) => `${topic} ${payload}`));
      expect(statuses).toEqual(['scaletap/status offline', 'scaletap/status online']);
    });
    await observer.close();
  });

  test('that is cut off again and again in the middle gets the newest of everything in the end', async () => {
    const broker = await started();
    let left = 12;
    // Lets so many bytes through before it cuts, each time more.
    const port = await serverOf((socket) => {
      join(socket, broker.port, left > 0 ? 100 + (12 - left--) * 400 : Number.POSITIVE_INFINITY);
    });
    const readings = keptWeights(1_200);
    const place = new MemoryPlace(readings);
    const loop = new DeliveryLoop(await sinkAt(port, new Known()), place, { random: () => 0.01 });
    loop.wake();
    await soon(() => expect(loop.status()).toMatchObject({ state: 'idle', backlog: 0 }));
    const observer = await observe(broker.port);
    expect((await observer.retained()).get('scaletap/person/withings-1744475')).toContain('"weight_kg":1200');
    await observer.close();
    await loop.close();
  });
});
