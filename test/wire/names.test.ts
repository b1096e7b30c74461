import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UpstreamNames } from '../../src/wire/names.js';
import { available } from '../servers/available.js';
import { startElsewhere } from '../servers/dns.js';
import { freePort } from '../servers/ports.js';

describe.skipIf(!available('dnsmasq'))('names, by a real dnsmasq', () => {
  it('are looked up there and nowhere else, IPv4 first', async () => {
    const dns = await startElsewhere(`
local=/example/
host-record=both.example,192.0.2.1,2001:db8::1
host-record=six.example,2001:db8::6
address=/localhost/192.0.2.9`);
    try {
      const names = new UpstreamNames([dns.endpoint]);
      expect(await names.lookUp('both.example')).toEqual(['192.0.2.1', '2001:db8::1']);
      expect(await names.lookUp('six.example')).toEqual(['2001:db8::6']);
      // The hosts file says something else.
      expect(await names.lookUp('localhost')).toContain('192.0.2.9');
      await expect(names.lookUp('unknown.example')).rejects.toThrow(/unknown\.example/);
    } finally {
      await dns.stop();
    }
  });

  it('are kept when the resolver goes away', async () => {
    const dns = await startElsewhere('local=/example/\nhost-record=a.example,192.0.2.1');
    const names = new UpstreamNames([dns.endpoint]);
    await names.lookUp('a.example');
    await dns.stop();
    expect(await names.lookUp('a.example')).toEqual(['192.0.2.1']);
  });
});

/**
 * A stand-in for a resolver, for what dnsmasq cannot be made to do: it answers every A question with one address and
 * a TTL of 0, every other one with nothing, and counts them.
 */
class StandIn {
  questions = 0;
  #socket: Socket | undefined;
  silent = false;

  async start(): Promise<string> {
    const port = await freePort();
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (question, { port: asker }) => {
      this.questions++;
      if (!this.silent) this.#socket?.send(this.#answer(question), asker, '127.0.0.1');
    });
    this.#socket.bind(port, '127.0.0.1');
    await once(this.#socket, 'listening');
    return `127.0.0.1:${port}`;
  }

  stop(): void {
    this.#socket?.close();
  }

  /** RFC 1035 section 4: the question again, and for type A one record that points to its name. */
  #answer(question: Buffer): Buffer {
    const nameEnd = question.indexOf(0, 12) + 1;
    const asked = question.subarray(12, nameEnd + 4);
    const isA = question.readUInt16BE(nameEnd) === 1;
    const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
    question.copy(header, 0, 0, 2);
    const record = Buffer.from('c00c0001000100000000' + '0004c0000207', 'hex');
    return Buffer.concat(isA ? [header, asked, record] : [header, asked]);
  }
}

describe('answers, by a stand-in', () => {
  const resolver = new StandIn();
  afterEach(() => resolver.stop());

  it('are not asked for again and again, even when they say so', async () => {
    const names = new UpstreamNames([await resolver.start()]);
    expect(await names.lookUp('a.example')).toEqual(['192.0.2.7']);
    const asked = resolver.questions;
    expect(await names.lookUp('a.example')).toEqual(['192.0.2.7']);
    expect(resolver.questions).toBe(asked);
  });

  it('are kept of 1,024 names, those that were asked for last', async () => {
    const names = new UpstreamNames([await resolver.start()]);
    for (let i = 0; i < 1_024; i++) await names.lookUp(`${i}.example`);
    await names.lookUp('0.example');
    await names.lookUp('one-more.example');
    const asked = resolver.questions;
    for (const name of ['0.example', '2.example', 'one-more.example']) await names.lookUp(name);
    expect(resolver.questions).toBe(asked);
    await names.lookUp('1.example');
    expect(resolver.questions).toBeGreaterThan(asked);
  });

  it('that are old are better than none, and are not waited for by every client', async () => {
    const server = await resolver.start();
    const names = new UpstreamNames([server]);
    await names.lookUp('a.example');
    const now = vi.spyOn(performance, 'now');
    const hourLater = performance.now() + 3_600_001;
    now.mockReturnValue(hourLater);
    resolver.silent = true;
    const asked = resolver.questions;
    expect(await names.lookUp('a.example')).toEqual(['192.0.2.7']);
    expect(resolver.questions).toBeGreaterThan(asked);
    const askedAgain = resolver.questions;
    expect(await names.lookUp('a.example')).toEqual(['192.0.2.7']);
    expect(resolver.questions).toBe(askedAgain);
    now.mockReturnValue(hourLater + 30_001);
    resolver.silent = false;
    expect(await names.lookUp('a.example')).toEqual(['192.0.2.7']);
    expect(resolver.questions).toBeGreaterThan(askedAgain);
    now.mockRestore();
  });
});

it('a resolver that is not there is an error in bounded time', async () => {
  const names = new UpstreamNames([`127.0.0.1:${await freePort()}`]);
  const started = performance.now();
  await expect(names.lookUp('a.example')).rejects.toThrow(/a\.example/);
  expect(performance.now() - started).toBeLessThan(15_000);
});

it('the resolvers of the system are asked when none are named', () => {
  // They are what a resolver of Node has until it is told otherwise; their own answers cannot be had in a test.
  const setServers = vi.spyOn(Resolver.prototype, 'setServers');
  new UpstreamNames(null);
  expect(setServers).not.toHaveBeenCalled();
  new UpstreamNames(['192.0.2.53']);
  expect(setServers).toHaveBeenCalledWith(['192.0.2.53']);
  setServers.mockRestore();
});
