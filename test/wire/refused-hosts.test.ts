import { beforeEach, describe, expect, it } from 'vitest';
import { RefusedHosts } from '../../src/wire/refused-hosts.js';

const phone = '192.168.1.20';
const host = 'cloud.renpho.com';
let now: number;
let hosts: RefusedHosts;
beforeEach(() => {
  now = 1_000;
  hosts = new RefusedHosts(600_000, () => now);
});

describe('a host that was refused', () => {
  it('is tunnelled for a while, for that client and no other host', () => {
    hosts.refused(phone, host);
    expect(hosts.isTunnelled(phone, host)).toBe(true);
    expect(hosts.isTunnelled('192.168.1.21', host)).toBe(false);
    expect(hosts.isTunnelled(phone, 'renpho.qnclouds.com')).toBe(false);
    now += 599_999;
    expect(hosts.isTunnelled(phone, host)).toBe(true);
    now += 1;
    expect(hosts.isTunnelled(phone, host)).toBe(false);
  });

  it('is tunnelled for longer when it is refused again', () => {
    hosts.refused(phone, host);
    now += 500_000;
    hosts.refused(phone, host);
    now += 500_000;
    expect(hosts.isTunnelled(phone, host)).toBe(true);
  });

  it('is forgotten when 1,024 others were refused since, the oldest first', () => {
    hosts.refused('a', host);
    hosts.refused('b', host);
    hosts.refused('a', host);
    for (let i = 0; i < 1_023; i++) hosts.refused(phone, `${i}.example`);
    expect(['a', 'b'].map((client) => hosts.isTunnelled(client, host))).toEqual([true, false]);
    hosts.refused(phone, host);
    expect(hosts.isTunnelled('a', host)).toBe(false);
  });

  it('is tunnelled for ten minutes if nothing else is said', () => {
    const usual = new RefusedHosts(undefined, () => now);
    usual.refused(phone, host);
    now += 599_999;
    expect(usual.isTunnelled(phone, host)).toBe(true);
    now += 1;
    expect(usual.isTunnelled(phone, host)).toBe(false);
  });
});

describe('connections that were left unused', () => {
  it('count as a refusal when they are two in a row', () => {
    hosts.unused(phone, host);
    hosts.unused(phone, 'renpho.qnclouds.com');
    hosts.unused('192.168.1.21', host);
    expect(hosts.isTunnelled(phone, host)).toBe(false);
    hosts.unused(phone, host);
    expect(hosts.isTunnelled(phone, host)).toBe(true);
  });

  it('do not when one between them was used', () => {
    hosts.unused(phone, host);
    hosts.used(phone, host);
    hosts.unused(phone, host);
    expect(hosts.isTunnelled(phone, host)).toBe(false);
  });

  it('are counted anew after a refusal', () => {
    hosts.unused(phone, host);
    hosts.refused(phone, host);
    now += 600_000;
    hosts.unused(phone, host);
    expect(hosts.isTunnelled(phone, host)).toBe(false);
  });

  it('are forgotten when there were 1,024 others since', () => {
    hosts.unused(phone, host);
    for (let i = 0; i < 1_024; i++) hosts.unused(phone, `${i}.example`);
    hosts.unused(phone, host);
    expect(hosts.isTunnelled(phone, host)).toBe(false);
  });
});
