import { afterEach, describe, expect, it } from 'vitest';
import type { DialOptions } from '../../src/wire/dial.js';
import { DialError, dial } from '../../src/wire/dial.js';
import { startDeafServer } from '../servers/deaf.js';
import { freePort } from '../servers/ports.js';
import type { RawOrigin } from '../servers/raw.js';
import { startOrigin } from '../servers/raw.js';

const host = 'scalews.withings.net';
const options: DialOptions = {
  lookUp: () => Promise.reject(new Error('nothing is to be looked up')),
  connectTimeoutMs: 1_000,
  listeners: [],
};

let origin: RawOrigin | undefined;
afterEach(async () => {
  await origin?.close();
  origin = undefined;
});

async function failure(dialling: ReturnType<typeof dial>): Promise<{ reason: string; message: string }> {
  const error: unknown = await dialling.catch((reason: unknown) => reason);
  if (!(error instanceof DialError)) throw new Error(`no DialError: ${error}`);
  return { reason: error.reason, message: error.message };
}

describe('a fixed address', () => {
  it('is dialled', async () => {
    origin = await startOrigin();
    const socket = await dial({ host, address: '127.0.0.1', port: origin.port }, options);
    expect(socket.remotePort).toBe(origin.port);
    expect(socket.listenerCount('error')).toBe(0);
    socket.destroy();
  });

  it('of nobody is refused', async () => {
    const port = await freePort();
    expect(await failure(dial({ host, address: '127.0.0.1', port }, options))).toEqual({
      reason: 'connect-refused',
      message: `cannot reach ${host}: 127.0.0.1:${port} refused the connection`,
    });
  });

  it('that does not answer is given up in time', async () => {
    const deaf = await startDeafServer();
    try {
      const dialling = dial(
        { host, address: '127.0.0.1', port: deaf.port },
        { ...options, connectTimeoutMs: 80 },
      );
      expect(await failure(dialling)).toMatchObject({ reason: 'connect-timeout' });
    } finally {
      deaf.stop();
    }
  });

  it('that cannot be reached says why', async () => {
    // Not to be connected to by TCP, in any network.
    const dialling = dial({ host, address: '255.255.255.255', port: 80 }, options);
    expect(await failure(dialling)).toMatchObject({
      reason: expect.stringMatching(/^connect-(failed|refused)$/),
    });
  });

  it('that is one of our listeners is not dialled', async () => {
    origin = await startOrigin();
    const listeners = [{ address: '::', port: origin.port }];
    const { reason, message } = await failure(
      dial({ host, address: '127.0.0.1', port: origin.port }, { ...options, listeners }),
    );
    expect(reason).toBe('upstream-is-self');
    expect(message).toMatch(
      /leads back to scaletap itself \(127\.0\.0\.1\).*DNS override.*--upstream-dns .*--upstream HOST=/,
    );
    expect(origin.peers).toHaveLength(0);
  });

  it('of this machine, where somebody else listens, is dialled', async () => {
    origin = await startOrigin();
    const listeners = [{ address: '::', port: origin.port + 1 }];
    const socket = await dial({ host, address: '127.0.0.1', port: origin.port }, { ...options, listeners });
    socket.destroy();
  });
});

describe('a name', () => {
  const upstream = { host, address: null, port: 80 };
  const found = (...addresses: string[]): DialOptions => ({
    ...options,
    connectTimeoutMs: 200,
    lookUp: (name) => Promise.resolve(name === host ? addresses : []),
  });

  it('that has no address', async () => {
    expect(await failure(dial(upstream, found()))).toMatchObject({
      reason: 'lookup-failed',
      message: expect.stringContaining('it has no address'),
    });
  });

  it('that cannot be looked up', async () => {
    expect(await failure(dial(upstream, options))).toEqual({
      reason: 'lookup-failed',
      message: `cannot look up ${host}: nothing is to be looked up. Is there a way to the resolvers of --upstream-dns?`,
    });
  });

  it('that leads to this machine is the override at work, whatever the port', async () => {
    expect(await failure(dial(upstream, found('127.0.0.1', '::1')))).toMatchObject({
      reason: 'upstream-is-self',
      message: expect.stringContaining('(127.0.0.1, ::1)'),
    });
  });

  it('with several addresses: each is tried, and the first one is complained about', async () => {
    // Not to be connected to by TCP, in any network.
    const { message } = await failure(dial(upstream, found('255.255.255.255', '224.0.0.1')));
    expect(message).toContain('255.255.255.255');
    expect(message).not.toContain('224.0.0.1');
  });
});

describe('upstream that must not be called', () => {
  const offline = { reason: 'offline', message: `${host} is not called in mode offline` };

  it('is not even looked up', async () => {
    let lookUps = 0;
    const lookUp = () => {
      lookUps++;
      return Promise.resolve(['127.0.0.1']);
    };
    const dialling = dial({ host, address: null, port: 80 }, { ...options, lookUp, mayDial: () => false });
    expect([await failure(dialling), lookUps]).toEqual([offline, 0]);
  });

  it('is not dialled when that is so only since the look-up, nor at its next address', async () => {
    origin = await startOrigin();
    let may = true;
    const lookUp = async () => {
      may = false;
      return ['198.51.100.1'];
    };
    const looking = dial(
      { host, address: null, port: origin.port },
      { ...options, lookUp, mayDial: () => may },
    );
    expect(await failure(looking)).toEqual(offline);

    let asked = 0;
    // Once before the look-up, once before the first address, which nobody listens at.
    const mayDial = () => ++asked <= 2;
    const addresses = () => Promise.resolve(['198.51.100.1', '198.51.100.2']);
    const next = { ...options, connectTimeoutMs: 100, lookUp: addresses, mayDial };
    expect(await failure(dial({ host, address: null, port: origin.port }, next))).toEqual(offline);
    expect(asked).toBe(3);
    expect(origin.peers).toEqual([]);
  });
});

// Not to be connected to by TCP, in any network.
const nowhere = '255.255.255.255';

describe('an address as host', () => {
  it('is dialled without a look-up', async () => {
    const dialling = dial({ host: nowhere, address: null, port: 80 }, options);
    expect(await failure(dialling)).toMatchObject({ reason: expect.stringMatching(/^connect-/) });
  });

  it('that is one of this machine is its own', async () => {
    origin = await startOrigin();
    for (const own of ['127.0.0.1', '::ffff:7f00:1']) {
      const dialling = dial({ host: own, address: null, port: origin.port }, options);
      expect(await failure(dialling)).toMatchObject({ reason: 'upstream-is-self' });
    }
    expect(origin.peers).toEqual([]);
  });
});

describe('addresses that may not be reached', () => {
  const found = (...addresses: string[]): DialOptions => ({
    ...options,
    connectTimeoutMs: 100,
    lookUp: () => Promise.resolve(addresses),
    mayReach: (address) => address === nowhere,
  });

  it('are not dialled when a name leads to them alone', async () => {
    const dialling = dial({ host, address: null, port: 80 }, found('10.0.0.1', '192.168.1.1'));
    expect(await failure(dialling)).toEqual({
      reason: 'target-not-allowed',
      message: `${host} leads to 10.0.0.1, 192.168.1.1, which is not on the internet, and the proxy leads nowhere else`,
    });
  });

  it('are passed over beside others', async () => {
    const dialling = dial({ host, address: null, port: 80 }, found('10.0.0.1', nowhere, '127.0.0.1'));
    const { reason, message } = await failure(dialling);
    expect(reason).toMatch(/^connect-/);
    expect(message).toContain(nowhere);
  });

  it('are not dialled when a client names one', async () => {
    for (const address of ['127.0.0.1', '10.0.0.1', 'fe80::1']) {
      expect(await failure(dial({ host: address, address: null, port: 80 }, found()))).toEqual({
        reason: 'target-not-allowed',
        message: `${address} is not on the internet, and the proxy leads nowhere else`,
      });
    }
  });

  it('are still our own when they are', async () => {
    const dialling = dial({ host, address: null, port: 80 }, found('127.0.0.1'));
    expect(await failure(dialling)).toMatchObject({ reason: 'upstream-is-self' });
  });

  it('are dialled when the settings fix them', async () => {
    origin = await startOrigin();
    const socket = await dial({ host, address: '127.0.0.1', port: origin.port }, found());
    expect(socket.remotePort).toBe(origin.port);
    socket.destroy();
  });
});

it('the name is looked up once, and what it led to is dialled', async () => {
  // A resolver that says something else the second time would get a name past the check.
  let lookUps = 0;
  const asked: string[] = [];
  const dialling = dial(
    { host, address: null, port: 80 },
    {
      ...options,
      connectTimeoutMs: 100,
      lookUp: () => Promise.resolve([++lookUps === 1 ? nowhere : '10.0.0.1']),
      mayReach: (address) => asked.push(address) > 0,
    },
  );
  await failure(dialling);
  expect([lookUps, asked]).toEqual([1, [nowhere]]);
});
