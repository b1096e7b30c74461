import { describe, expect, test } from 'vitest';
import { claimant, claimOf, vendors } from '../../src/vendors/index.js';
import { endpoints } from '../../src/vendors/withings/endpoints.js';
import { withings } from '../../src/vendors/withings/index.js';
import { message, post } from './withings/exchanges.js';

const hosts = ['', 'example.org', ...vendors.flatMap((vendor) => vendor.hosts)];
const paths = ['', '/', '/cgi-bin/other', '/api/v1/login', ...endpoints.keys()];

describe('vendors', () => {
  test('no two bid the same for an exchange', () => {
    for (const host of hosts) {
      for (const path of paths) {
        const bids = vendors.map((vendor) => vendor.claims({ host, path })).filter((bid) => bid > 0);
        expect(new Set(bids).size, `${host} ${path}`).toBe(bids.length);
      }
    }
  });

  test('no two have the same name or host', () => {
    const names = vendors.map((vendor) => vendor.name);
    const all = vendors.flatMap((vendor) => vendor.hosts);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(all).size).toBe(all.length);
  });

  test.each([
    ['scalews.withings.net', '/cgi-bin/once', 2],
    ['s5.withings.net', '/cgi-bin/v2/measure', 2],
    ['maintws.withings.net', '/cgi-bin/maint', 2],
    ['fw.withings.net', '/wbs03_211.bin', 1],
    ['scalews.withings.com', '', 1],
    ['', '/cgi-bin/session', 2],
    ['', '/cgi-bin/other', 0],
    ['example.org', '/cgi-bin/session', 0],
    ['scalews.withings.net.example.org', '/cgi-bin/once', 0],
  ] as const)('withings bids for %s%s: %d', (host, path, bid) => {
    expect(withings.claims({ host, path })).toBe(bid);
    expect(claimant({ host, path })).toBe(bid === 0 ? undefined : withings);
  });

  test('a request without a Host goes to the first host', () => {
    expect(withings.hosts[0]).toBe('scalews.withings.net');
  });
});

describe('claimOf', () => {
  const of = (head: string) => claimOf({ ...post('', '', null), request: message(head, '') });

  test.each([
    [
      'POST /cgi-bin/once HTTP/1.1\r\nHost: ScaleWS.withings.net:80\r\n\r\n',
      'scalews.withings.net',
      '/cgi-bin/once',
    ],
    ['GET /a/b?c=/d HTTP/1.1\r\nX-Host: x\r\nhost:y\r\n\r\n', 'y', '/a/b'],
    ['POST /cgi-bin/once HTTP/1.0\n\n', '', '/cgi-bin/once'],
    ['GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n', '[::1]', '/'],
    ['', '', ''],
    ['nonsense', '', ''],
  ])('%j', (head, host, path) => {
    expect(of(head)).toEqual({ host, path });
  });
});
