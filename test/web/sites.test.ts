import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Behind, GOOD, served } from './webs.js';

/*
 * A page of somebody else's that a browser in the house has open may send requests here, with the house's own address.
 * It must neither change nor read anything. What browsers send then: Fetch Standard 3.2 (Origin), W3C Fetch Metadata.
 */

const person = { method: 'POST', path: '/api/people', body: { name: 'Mallory' } };

describe('nothing is changed by a page of somebody else', () => {
  test.each<[string, Record<string, string>]>([
    ['a script of it', { Origin: 'http://evil.example' }],
    ['a sandboxed frame', { Origin: 'null' }],
    ['a page at another port of this machine', { Origin: 'http://127.0.0.1:3000' }],
    ['a name that begins as ours', { Origin: 'http://127.0.0.1.evil.example' }],
    ['a user that is called as ours', { Origin: 'http://127.0.0.1@evil.example' }],
    ['what is no origin', { Origin: 'http://[' }],
    ['another site, as the browser says', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a neighbour, as the browser says', { 'Sec-Fetch-Site': 'same-site' }],
  ])('%s', async (_, headers) => {
    const { ask, behind } = await served();
    const refused = await ask({ ...person, headers });
    expect(refused.status).toBe(403);
    expect(Object.keys(refused.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(
      (await ask({ method: 'PUT', path: '/api/password', body: { password: GOOD }, headers })).status,
    ).toBe(403);
    expect((await ask({ path: '/api/session' })).json()).toMatchObject({ needsPassword: false });
    expect(behind.changes).toEqual([]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'a form, which sends %j',
    async (type) => {
      const { ask, behind } = await served();
      const headers = { 'Content-Type': type };
      expect((await ask({ ...person, body: '{"name":"Mallory"}', headers })).status).toBe(415);
      expect(behind.changes).toEqual([]);
    },
  );

  test('a form whose type hides that of JSON', async () => {
    const { ask } = await served();
    for (const type of [
      'text/plain; application/json',
      'application/json, text/plain',
      'application/jsonp',
    ]) {
      expect((await ask({ ...person, headers: { 'Content-Type': type } })).status).toBe(415);
    }
  });

  test('a preflight, which is not answered with leave', async () => {
    const { ask } = await served();
    const headers = { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'DELETE' };
    const preflight = await ask({ method: 'OPTIONS', path: '/api/people/ana', headers });
    expect(preflight.status).toBe(403);
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

test('nothing is read by a page of somebody else', async () => {
  const { ask, behind } = await served();
  for (const site of ['cross-site', 'same-site']) {
    expect((await ask({ path: '/api/people', headers: { 'Sec-Fetch-Site': site } })).status).toBe(403);
  }
  const events = await ask({ path: '/api/events', headers: { 'Sec-Fetch-Site': 'cross-site' } });
  expect(events.status).toBe(403);
  expect(behind.asked).toEqual([]);
});

test('nothing is told to who is asked by a name of somebody else', async () => {
  const { ask, behind } = await served();
  for (const headers of [{ Host: 'evil.example' }, { Host: 'evil.example', Origin: 'http://evil.example' }]) {
    expect((await ask({ path: '/api/people', headers })).status).toBe(421);
    const written = await ask({ ...person, headers });
    expect([written.status, written.headers['content-type']]).toEqual([421, 'application/json']);
  }
  expect([behind.asked, behind.changes]).toEqual([[], []]);
});

describe('our own page may write', () => {
  test.each<[string, (port: number) => Record<string, string>]>([
    ['with its origin', (port) => ({ Origin: `http://127.0.0.1:${port}` })],
    ['as the browser says', () => ({ 'Sec-Fetch-Site': 'same-origin' })],
    ['a program that is no browser', () => ({})],
  ])('%s', async (_, headers) => {
    const { ask, behind, port } = await served();
    await ask({ ...person, headers: headers(port) });
    expect(behind.changes).toHaveLength(1);
  });
});

describe('behind a reverse proxy', () => {
  const options = { hosts: ['Scale.Example.'] };

  test('a name of the settings is ours, with a password', async () => {
    const { ask, withPassword } = await served(new Behind(), options);
    const headers = { Host: 'scale.example' };
    expect((await ask({ path: '/setup/', headers })).status).toBe(200);
    expect((await ask({ path: '/api/people', headers })).status).toBe(403);
    const cookie = await withPassword(GOOD);
    expect((await ask({ path: '/api/people', headers, cookie })).status).toBe(200);
    expect((await ask({ path: '/setup/', headers: { Host: 'a.scale.example' } })).status).toBe(421);
  });

  test.each([
    ['that passes its name on', { Host: 'scale.example', Origin: 'https://scale.example' }],
    ['that asks by our address', { Origin: 'https://scale.example' }],
    ['at a port of its own', { Origin: 'https://scale.example:8443' }],
  ])('the page of one %s may write', async (_, headers) => {
    const { ask, behind, withPassword } = await served(new Behind(), options);
    const cookie = await withPassword(GOOD);
    await ask({ ...person, headers, cookie });
    expect(behind.changes).toHaveLength(1);
  });

  test('the page of another may not', async () => {
    const { ask, withPassword } = await served(new Behind(), options);
    const cookie = await withPassword(GOOD);
    const headers = { Host: 'scale.example', Origin: 'https://other.example' };
    expect((await ask({ ...person, headers, cookie })).status).toBe(403);
  });
});

test('whatever Host and Origin are, there is an answer, and only our own are heard', async () => {
  const { behind, port } = await served();
  const word = fc.oneof(
    fc.constantFrom(
      'localhost',
      '127.0.0.1',
      '[::1]',
      'evil.example',
      ':',
      '@',
      '/',
      '.',
      'http://',
      '%',
      ' ',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 4 }),
  );
  const header = fc.array(word, { maxLength: 5 }).map((words) => words.join('').replace(/[\r\n\0]/g, ''));
  await fc.assert(
    fc.asyncProperty(header, header, async (host, origin) => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `DELETE /api/people/ana HTTP/1.1\r\nHost: ${host}\r\nOrigin: x${origin}\r\nConnection: close\r\n\r\n`,
      );
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 (?:400|403|421) /);
    }),
    { numRuns: 150 },
  );
  expect(behind.changes).toEqual([]);
});
