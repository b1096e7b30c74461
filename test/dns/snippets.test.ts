import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { available } from '../servers/available.js';
import type { DnsProgram, DnsServer } from '../servers/dns.js';
import { elsewhere, resolverOf, startDns, startElsewhere } from '../servers/dns.js';
import { scaleAddress, snippet, tapAddress } from './snippets.js';

/*
 * Every snippet of docs/dns.md for a server that can be had is given to that server, as it stands there. Then
 *
 *     >> A scalews.withings.net
 *     << the address of scaletap
 *     >> AAAA, or any other type
 *     << NOERROR without an answer, although the internet has one
 *     >> any other name
 *     << what the internet says
 */

const host = 'scalews.withings.net';
/** Where the scale is in these tests; everybody else is 127.0.0.1. */
const scaleHere = '127.0.0.50';

let internet: DnsServer | undefined;
const started: DnsServer[] = [];

const haveDnsmasq = available('dnsmasq');

beforeAll(async () => {
  if (haveDnsmasq) internet = await startElsewhere();
});

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

afterAll(() => internet?.stop());

async function start(program: DnsProgram, lines: string, files?: Record<string, string>): Promise<DnsServer> {
  if (internet === undefined) throw new Error('the stand-in for the internet did not start');
  const server = await startDns(program, lines, internet, files);
  started.push(server);
  return server;
}

/** The scale is led to scaletap and to nowhere else. */
async function expectOverride(server: DnsServer, from?: string): Promise<void> {
  const resolver = resolverOf(server.endpoint, from);
  expect(await resolver.resolve4(host)).toEqual([tapAddress]);
  await expect(resolver.resolve6(host)).rejects.toMatchObject({ code: 'ENODATA' });
  await expect(resolver.resolveTxt(host)).rejects.toMatchObject({ code: 'ENODATA' });
}

async function expectUntouched(server: DnsServer, names: readonly string[], from?: string): Promise<void> {
  const resolver = resolverOf(server.endpoint, from);
  for (const name of names) {
    expect(await resolver.resolve4(name)).toEqual([elsewhere.v4]);
    expect(await resolver.resolve6(name)).toEqual([elsewhere.v6]);
  }
}

const others = ['www.withings.net', 'fw.withings.net', 'withings.net', 'www.example.org'];

describe.skipIf(!haveDnsmasq)('dnsmasq', () => {
  test('the snippet', async () => {
    const server = await start('dnsmasq', snippet('dnsmasq'));
    await expectOverride(server);
    await expectUntouched(server, others);
  });

  test('without its second line the IPv6 address of the vendor comes through, as the page says', async () => {
    const [first = ''] = snippet('dnsmasq').split('\n');
    const server = await start('dnsmasq', first);
    expect(await resolverOf(server.endpoint).resolve6(host)).toEqual([elsewhere.v6]);
  });

  test('so it does with a record of a hosts file, as the page says of Pi-hole', async () => {
    const server = await start('dnsmasq', `host-record=${host},${tapAddress}`);
    expect(await resolverOf(server.endpoint).resolve4(host)).toEqual([tapAddress]);
    expect(await resolverOf(server.endpoint).resolve6(host)).toEqual([elsewhere.v6]);
  });

  test('what OpenWrt makes of its snippet', async () => {
    const lines = [...snippet('openwrt').matchAll(/add_list dhcp\.@dnsmasq\[0\]\.(\w+)='(.*)'/g)];
    const server = await start('dnsmasq', lines.map(([, option, value]) => `${option}=${value}`).join('\n'));
    expect(lines).toHaveLength(2);
    await expectOverride(server);
    await expectUntouched(server, others);
  });

  test('the DHCP snippet is understood', async () => {
    await start('dnsmasq', snippet('dnsmasq-dhcp'));
  });

  test('rebind protection takes the override away, and rebind-domain-ok brings it back', async () => {
    const behind = await start('dnsmasq', snippet('dnsmasq'));
    const protect = async (more: string) => {
      const router = await startDns('dnsmasq', `stop-dns-rebind\n${more}`, behind);
      started.push(router);
      return resolverOf(router.endpoint);
    };
    await expect((await protect('')).resolve4(host)).rejects.toMatchObject({ code: 'ENODATA' });
    const allowed = await protect(`rebind-domain-ok=/${host}/`);
    expect(await allowed.resolve4(host)).toEqual([tapAddress]);
  });
});

describe.skipIf(!haveDnsmasq || !available('unbound'))('Unbound', () => {
  test('the snippet for the whole network', async () => {
    const server = await start('unbound', snippet('unbound'));
    await expectOverride(server);
    await expectUntouched(server, others);
  });

  test('the snippet for the scale alone', async () => {
    const server = await start('unbound', snippet('unbound-scale').replaceAll(scaleAddress, scaleHere));
    await expectOverride(server, scaleHere);
    await expectUntouched(server, others, scaleHere);
    await expectUntouched(server, [host, ...others]);
  });
});

describe.skipIf(!haveDnsmasq || !available('named'))('BIND 9', () => {
  const zoneFile = /file "\/etc\/bind\/(.*)"/;

  /** The zone file lies in the server's own folder here. */
  const startNamed = (lines: string) =>
    start('named', lines.replace(zoneFile, 'file "$1"'), {
      [zoneFile.exec(lines)?.[1] ?? '']: `${snippet('zone')}\n`,
    });

  test('the snippet for the whole network', async () => {
    const server = await startNamed(snippet('named'));
    await expectOverride(server);
    await expectUntouched(server, others);
  });

  test('the snippet for the scale alone', async () => {
    const server = await startNamed(snippet('named-scale').replaceAll(scaleAddress, scaleHere));
    await expectOverride(server, scaleHere);
    await expectUntouched(server, others, scaleHere);
    await expectUntouched(server, [host, ...others]);
  });
});
