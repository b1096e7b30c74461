import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claimant, claimOf, vendors } from '../../src/vendors/index.js';
import { renpho } from '../../src/vendors/renpho/index.js';
import { endpoints } from '../../src/vendors/withings/endpoints.js';
import { withings } from '../../src/vendors/withings/index.js';
import { message, post } from './withings/exchanges.js';

/** Hosts of scales and apps, with a name for each `*`. */
const hosts = [
  ...['', 'example.org'],
  ...vendors.flatMap(({ hosts, apps }) => [...hosts, ...apps]).map((name) => name.replace('*', 'renpho')),
];
const paths = ['', '/', '/cgi-bin/other', '/api/v3/users/sign_in.json', ...endpoints.keys()];

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
    expect(new Set(names).size).toBe(names.length);
    for (const list of ['hosts', 'apps'] as const) {
      const all = vendors.flatMap((vendor) => vendor[list]);
      expect(new Set(all).size).toBe(all.length);
    }
  });

  test('apps are names, or all names below one', () => {
    const apps = vendors.flatMap((vendor) => vendor.apps);
    expect(apps.filter((name) => !/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name))).toEqual([]);
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

  test.each([
    ['cloud.renpho.com', '/renpho-aggregation/user/login', 2],
    ['cloud.renpho.com', '/RenphoHealth/scale/of-tomorrow', 1],
    ['renpho.qnclouds.com', '/api/v2/measurements/list.json', 2],
    ['renpho.qnclouds.com', 'http://renpho.qnclouds.com/api/v2/measurements/list.json', 2],
    ['feelfit.qnclouds.com', '/api/v4/x', 1],
    ['qnclouds.com', '/api/v2/measurements/list.json', 0],
    ['evilqnclouds.com', '/api/v2/measurements/list.json', 0],
    ['cloud.renpho.com.example.org', '/renpho-aggregation/user/login', 0],
    ['', '/renpho-aggregation/user/login', 0],
  ] as const)('renpho bids for %s%s: %d', (host, path, bid) => {
    expect(renpho.claims({ host, path })).toBe(bid);
    expect(claimant({ host, path })).toBe(bid === 0 ? undefined : renpho);
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

test.each(vendors)('any text as a value of $name is judged and covered, one for one', ({ values: rules }) => {
  const name = fc.oneof(fc.constantFrom(...rules.names), fc.string());
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.webQueryParameters());
  fc.assert(
    fc.property(name, text, (ofName, ofText) => {
      const problem = rules.problem(ofName, ofText);
      expect(problem === null || problem.length > 0).toBe(true);
      const covered = rules.cover(ofName, ofText);
      expect(covered).toHaveLength(ofText.length);
      expect(covered.split('').filter((char, i) => char !== '*' && char !== ofText[i])).toEqual([]);
    }),
  );
});
