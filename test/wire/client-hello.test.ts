import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClientHello } from '../../src/wire/client-hello.js';
import {
  type Extensions,
  handshake,
  helloWith,
  inRecords,
  nodeHello,
  opensslHello,
  record,
  serverNames,
  vector,
} from './hellos.js';

const named = await nodeHello({ servername: 'Cloud.Renpho.com', ALPNProtocols: ['h2', 'http/1.1'] });
const hellos = [
  ['of Node with a name and protocols', named, 'cloud.renpho.com', ['h2', 'http/1.1']],
  ['of Node without either', await nodeHello(), null, []],
  ['of Node, TLS 1.2', await nodeHello({ maxVersion: 'TLSv1.2', servername: 'a.example' }), 'a.example', []],
  [
    'of openssl with a final dot',
    await opensslHello('-servername', 'renpho.qnclouds.com.', '-alpn', 'http/1.1'),
    'renpho.qnclouds.com',
    ['http/1.1'],
  ],
  ['of openssl without a name', await opensslHello('-noservername'), null, []],
] as const;

const sni = (...names: (string | Uint8Array)[]): Extensions => [[0, serverNames(...names)]];

describe('a hello', () => {
  it.each(hellos)('%s', (_, bytes, serverName, protocols) => {
    expect(readClientHello(bytes)).toEqual({ kind: 'hello', serverName, protocols });
  });

  it.each(hellos)('%s, cut anywhere: there is more to come', (_, bytes) => {
    for (let end = 0; end < bytes.length; end++) {
      expect(readClientHello(bytes.subarray(0, end)), `${end} bytes`).toEqual({ kind: 'more' });
    }
  });

  it.each(hellos)('%s, in records of any size', (_, bytes, serverName, protocols) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), fc.nat(), (sizes, cut) => {
        const records = inRecords(bytes, sizes);
        expect(readClientHello(records)).toEqual({ kind: 'hello', serverName, protocols });
        expect(readClientHello(records.subarray(0, cut % records.length))).toEqual({ kind: 'more' });
      }),
    );
  });

  it('ends where its length says, whatever follows', () => {
    expect(readClientHello(Buffer.concat([named, record(20, Buffer.from([1]))]))).toMatchObject({
      kind: 'hello',
    });
  });

  it('with what nobody knows (GREASE) beside its name', () => {
    const grease: Extensions = [
      [0x0a0a, Buffer.alloc(0)],
      [0, serverNames('a.example')],
      [0xfafa, Buffer.from([0])],
    ];
    expect(readClientHello(helloWith(grease))).toMatchObject({ serverName: 'a.example' });
  });

  it.each([null, []])('of an old client, with the extensions %j', (extensions) => {
    expect(readClientHello(helloWith(extensions))).toEqual({
      kind: 'hello',
      serverName: null,
      protocols: [],
    });
  });

  it.each(['192.0.2.1', '192.0.2.1.', '2001:db8::1'])('that names the address %s names nobody', (address) => {
    expect(readClientHello(helloWith(sni(address)))).toMatchObject({ kind: 'hello', serverName: null });
  });

  it('of almost 64 KiB is read, and a larger one is not waited for', () => {
    const large = helloWith([[21, Buffer.alloc(16_000)]]);
    expect(readClientHello(large)).toMatchObject({ kind: 'hello' });
    const padded = helloWith([
      [21, Buffer.alloc(32_000)],
      [22, Buffer.alloc(33_000)],
    ]);
    // In records of one byte each it is six times as large.
    expect(readClientHello(inRecords(padded, [16_384]))).toMatchObject({ kind: 'hello' });
    const inBytes = inRecords(padded, [1]);
    expect(readClientHello(inBytes.subarray(0, 65_535))).toEqual({ kind: 'more' });
    expect(readClientHello(inBytes.subarray(0, 65_536))).toEqual({ kind: 'bad' });
    expect(readClientHello(inBytes)).toEqual({ kind: 'bad' });
  });
});

describe('what is no TLS is seen at once', () => {
  it.each([
    ['plain text', 'G'],
    ['SSL 2.0', '\x80\x2e\x01\x03\x01'],
    ['another version', '\x16\x02'],
    ['a text that begins with a control character', '\x15hello'],
    ['zeros', '\0'],
  ])('%s', (_, text) => {
    expect(readClientHello(Buffer.from(text, 'latin1'))).toEqual({ kind: 'not-tls' });
  });
});

describe('bad', () => {
  // Its last six bytes are the data of the extension, before them their number.
  const overlong = helloWith(sni('a'));
  overlong.writeUInt16BE(7, overlong.length - 8);
  const badName = (name: string | Uint8Array) => helloWith(sni(name));
  it.each([
    ['an alert', record(21, Buffer.from([2, 40]))],
    ['the beginning of an alert', Buffer.from([21, 3])],
    ['a server hello', handshake(2, Buffer.alloc(40))],
    ['the first byte of a server hello', handshake(2, Buffer.alloc(40)).subarray(0, 6)],
    ['a record without bytes', record(22, Buffer.alloc(0))],
    ['a record of more than 16 KiB', Buffer.from([22, 3, 1, 0x40, 0x01])],
    ['a message of 16 MiB', Buffer.from([22, 3, 1, 1, 0, 1, 255, 255, 255])],
    [
      'another record in the middle',
      Buffer.concat([inRecords(named, [50]).subarray(0, 55), record(21, Buffer.alloc(2))]),
    ],
    ['no record in the middle', Buffer.concat([inRecords(named, [50]).subarray(0, 55), Buffer.from('GET')])],
    ['a message that ends within its random', handshake(1, Buffer.alloc(20))],
    [
      'bytes behind the extensions',
      handshake(1, Buffer.concat([helloWith([]).subarray(9), Buffer.alloc(1)])),
    ],
    [
      'a session id of 33 bytes',
      handshake(1, Buffer.concat([Buffer.alloc(34), vector(1, Buffer.alloc(33))])),
    ],
    ['half a cipher suite', handshake(1, Buffer.concat([Buffer.alloc(35), vector(2, Buffer.alloc(3))]))],
    ['an extension that is longer than the list', overlong],
    ['a name of 300 bytes', badName(`${'a.'.repeat(149)}aa`)],
    ['a label of 64 bytes', badName(`${'a'.repeat(64)}.example`)],
    ['a name with NUL', badName('a.example\0.b.example')],
    ['a name with a space', badName('a b')],
    ['a name in UTF-8', badName('müller.example')],
    ['a name with an empty label', badName('a..example')],
    ['an address in an odd notation', badName('127.1')],
    ['an empty name', badName('')],
    ['no name in the list', helloWith([[0, vector(2, Buffer.alloc(0))]])],
    ['no list of names', helloWith([[0, Buffer.alloc(0)]])],
    ['two names', helloWith(sni('a.example', 'b.example'))],
    ['two name extensions', helloWith([...sni('a.example'), ...sni('b.example')])],
    ['a name of another type', helloWith([[0, vector(2, Buffer.from([1, 0, 1, 97]))]])],
    ['bytes behind the list of names', helloWith([[0, Buffer.concat([serverNames('a'), Buffer.alloc(1)])]])],
    ['no protocol in the list', helloWith([[16, vector(2, Buffer.alloc(0))]])],
    ['an empty protocol', helloWith([[16, vector(2, Buffer.from([0, 1, 97]))]])],
    [
      'two lists of protocols',
      helloWith([
        [16, vector(2, Buffer.from([1, 97]))],
        [16, vector(2, Buffer.from([1, 97]))],
      ]),
    ],
  ])('%s', (_, bytes) => {
    expect(readClientHello(bytes)).toEqual({ kind: 'bad' });
  });
});

describe('any bytes', () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => handshake(1, bytes)),
    fc
      .array(fc.tuple(fc.constantFrom(0, 16, 10), fc.uint8Array({ maxLength: 60 })), { maxLength: 3 })
      .map((extensions) => helloWith(extensions)),
    // A real one with a few bytes changed.
    fc
      .array(fc.tuple(fc.nat({ max: named.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
      .map((changes) => {
        const bytes = Buffer.from(named);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      }),
  );

  it('give one of the four, and what is decided stays so when more comes', () => {
    fc.assert(
      fc.property(anything, fc.nat(), (bytes, cut) => {
        const whole = readClientHello(bytes);
        const early = readClientHello(bytes.subarray(0, cut % (bytes.length + 1)));
        expect(['more', 'not-tls', 'bad', 'hello']).toContain(whole.kind);
        if (early.kind !== 'more') expect(early).toEqual(whole);
        if (whole.kind === 'hello') expect(whole.serverName ?? 'a').toMatch(/^[a-z0-9_.-]{1,253}$/);
      }),
      { numRuns: 3_000 },
    );
  });
});
