import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/model/exchange.js';
import { folder, openRaw, openStore, storable } from '../store/stores.js';
import { exchange, message, post } from '../transfer/exchanges.js';
import { call } from '../vendors/renpho/calls.js';
import { asker, capturedStore } from './houses.js';

/** What must not be seen of the captures: a secret in text and in hexadecimal, and a session. */
const secrets = /0123456789abcdef|30313233343536373839616263646566|6256-51492c6d-5483c37e/;

const newest = { view: 'exchanges', query: { limit: 50 } } as const;

function committed(...exchanges: Exchange[]) {
  const store = openStore(folder());
  store.journal.commit(exchanges);
  return { store, ask: asker(store) };
}

/** Of no vendor. */
function stranger(
  given: Partial<Exchange> = {},
  head = 'GET /?key=s3cret HTTP/1.1\r\nHost: example.org\r\n\r\n',
) {
  return exchange({ request: message(head), ...given });
}

describe('the list', () => {
  test('has the captures, the newest first', async () => {
    const { exchanges, next } = asker(await capturedStore())(newest);
    expect(exchanges.map(({ id }) => id)).toEqual(Array.from({ length: 24 }, (_, index) => 24 - index));
    expect(exchanges[21]).toEqual({
      id: 3,
      timeMs: Date.parse('2013-03-19T22:12:26Z') + 0.002,
      vendor: 'withings',
      device: '00:24:e4:00:00:01',
      label: 'maint',
      answered: 'upstream',
      reason: null,
      status: 200,
      bytes: 3371,
      responseAfterMs: 0,
      notes: [],
    });
    expect(next).toBe(null);
    expect(JSON.stringify(exchanges)).not.toMatch(secrets);
  });

  test('calls one that no vendor claims by method, host and path, without its query', () => {
    const { ask } = committed(
      stranger(),
      stranger({}, 'GET http://example.org/a?b HTTP/1.1\r\nHost: other\r\n\r\n'),
      stranger({}, 'POST /<b>\x1b[2J HTTP/1.1\r\n\r\n'),
      stranger({ reason: 'not-http', response: null }, ''),
    );
    expect(ask(newest).exchanges.map(({ label, status }) => [label, status])).toEqual([
      ['not HTTP', null],
      ['POST /<b>\\x1b[2J', 200],
      ['GET http://example.org/a', 200],
      ['GET example.org/', 200],
    ]);
  });

  test('says what could not be read, and why an answer is not plain', () => {
    const once = post('/cgi-bin/once', 'action=get');
    const { ask } = committed(
      exchange({ request: once, answered: 'refused', reason: 'connect-refused', response: null }),
      exchange({ request: once, response: message('HTTP/1.1 200 OK\r\n\r\n', 'what?') }),
    );
    const [unread, refused] = ask(newest).exchanges;
    expect(refused).toMatchObject({ answered: 'refused', reason: 'connect-refused', status: null });
    expect(unread?.notes.length).toBe(1);
  });

  test('goes on page by page, while new ones come', async () => {
    const store = await capturedStore();
    const ask = asker(store);
    const first = ask({ view: 'exchanges', query: { limit: 10 } });
    store.journal.commit([stranger()]);
    const second = ask({ view: 'exchanges', query: { limit: 10, before: first.next ?? '' } });
    const third = ask({ view: 'exchanges', query: { limit: 10, before: second.next ?? '' } });
    const ids = [first, second, third].flatMap(({ exchanges }) => exchanges.map(({ id }) => id));
    expect(ids).toEqual(Array.from({ length: 24 }, (_, index) => 24 - index));
    expect(third.next).toBe(null);
    expect(() => ask({ view: 'exchanges', query: { limit: 10, before: 'x' } })).toThrow('400');
  });

  test('of a device has no others, and looks through a bounded number of them', async () => {
    const store = await capturedStore();
    const ask = asker(store);
    const device = '00:24:e4:00:00:50';
    const of = (before?: string) =>
      ask({ view: 'exchanges', query: { limit: 50, device, ...(before === undefined ? {} : { before }) } });
    const { exchanges } = of();
    expect(exchanges.length).toBe(5);
    expect(exchanges.every((each) => each.device === device)).toBe(true);
    // As if so many had crossed since.
    openRaw(store.file).exec('UPDATE exchange SET id = 60000 WHERE id = 24');
    const page = of();
    expect(page).toEqual({ exchanges: [], next: '10001' });
    expect(of(page.next ?? '').exchanges).toEqual(exchanges);
  });

  test('of an empty journal is empty', () => {
    expect(committed().ask(newest)).toEqual({ exchanges: [], next: null });
  });
});

describe('one in full', () => {
  const detail = (id: number) => ({ view: 'exchange', id }) as const;

  test('has both messages, what was read in them, and no secrets', async () => {
    const ask = asker(await capturedStore());
    const found = ask(detail(3));
    expect(found.request.head).toMatch(/^POST \/cgi-bin\/maint HTTP\/1.1\nUser-Agent: Withings UserAgent\n/);
    expect(found.request.body).toMatch(/^action=store&sessionid=\*+&source=1&type=1&data=0b0004/);
    expect(found.response?.head).toMatch(/^HTTP\/1.1 100 Continue\n\nHTTP\/1.1 200 OK\n/);
    expect(found.response?.body).toBe('c\n{"status":0}\n0\n\n');
    expect(found.decoded).toContainEqual({ name: 'section 2 TLV 25 BATTERY', text: '69 %, 5361 mV' });
    expect(found.decoded).toContainEqual({ name: 'section 1 TLV 3 KL_SECRET', text: '***' });
    for (let id = 1; id <= 24; id++) expect(JSON.stringify(ask(detail(id)))).not.toMatch(secrets);
  });

  test('that its vendor can open is opened, and says what was undone', () => {
    const { ask } = committed(
      call({ path: 'renpho-aggregation/device/count', sent: { a: 1 }, got: { scale: 2 } }),
    );
    const { request, response } = ask(detail(1));
    expect([request.opened, response?.opened]).toEqual([
      expect.stringMatching(/^opened from \d+ bytes$/),
      expect.stringMatching(/^opened from \d+ bytes$/),
    ]);
    expect(response?.body).toContain('"scale":2');
  });

  test('of no vendor is covered', () => {
    const { ask } = committed(
      stranger({ response: message('HTTP/1.1 200 OK\r\nX-Key: k3y\r\n\r\n', 's3cret') }),
    );
    const found = ask(detail(1));
    expect(found.request.head).toContain('GET /?********** HTTP/1.1');
    expect(found.response).toMatchObject({ body: null, bodyHex: null, bodyBytes: 6, covered: true });
    expect(JSON.stringify(found)).not.toMatch(/s3cret|k3y/);
  });

  test('with a body of megabytes has its heads and says where the rest is', () => {
    const request = post('/cgi-bin/measure', `sessionid=5ecret&x=${'a'.repeat(3_000_000)}`);
    const found = committed(exchange({ request })).ask(detail(1));
    expect(found.request).toMatchObject({ body: '', bodyBytes: request.body.length, complete: false });
    expect(found.notes.at(-1)).toBe(
      'request: its body is too large for this page; scaletap exchanges show has it',
    );
  });

  test('says what the tap has left out', () => {
    const request = { ...post('/cgi-bin/once', 'action=get'), bodyBytes: 9_999_999 };
    const found = committed(exchange({ request })).ask(detail(1));
    expect(found.request.bodyBytes).toBe(9_999_999);
    expect(found.notes.at(-1)).toBe('request: 10 of 9999999 bytes of the body kept');
  });

  test('that is not there says so', () => {
    expect(() => committed().ask(detail(7))).toThrow('404 {"message":"there is no exchange 7');
  });
});

test('whatever crossed, list and detail have their shapes', () => {
  fc.assert(
    fc.property(fc.array(storable, { minLength: 1, maxLength: 5 }), (exchanges) => {
      const { store, ask } = committed(...exchanges);
      for (const { id } of ask(newest).exchanges) ask({ view: 'exchange', id });
      store.close();
    }),
    { numRuns: 25 },
  );
});
