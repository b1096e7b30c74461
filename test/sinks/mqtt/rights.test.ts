import { afterEach, describe, expect, test } from 'vitest';
import { mqttSink } from '../../../src/sinks/mqtt/index.js';
import {
  haveMosquitto,
  type Mosquitto,
  type MosquittoOptions,
  startMosquitto,
} from '../../servers/mosquitto.js';
import { type TestAuthority, testAuthority } from '../../servers/test-authority.js';
import { anna, closeAll, Known, sinkAt, soon } from './house.js';

// Users, rights and certificates, with a real broker that looks at them.

let broker: Mosquitto | undefined;
let authority: TestAuthority | undefined;

afterEach(async () => {
  await closeAll();
  await broker?.remove();
  await authority?.close();
  broker = undefined;
  authority = undefined;
});

const users = { scaletap: 'p@ss/w#rd', reader: 'reader' };

async function start(options: MosquittoOptions): Promise<number> {
  broker = await startMosquitto(options);
  return broker.port;
}

describe.skipIf(!haveMosquitto)('users and rights', () => {
  test('the right password', async () => {
    const port = await start({ users });
    const sink = await sinkAt(`mqtt://scaletap:p%40ss%2Fw%23rd@127.0.0.1:${port}`, new Known());
    expect(sink.name).toBe(`mqtt 127.0.0.1:${port}/scaletap`);
    expect(await sink.deliver([anna()])).toEqual({ kind: 'delivered' });
  });

  test.each([
    ['a wrong password', 'scaletap:wrong-secret@'],
    ['an unknown user', 'nobody:wrong-secret@'],
    ['no user', ''],
  ])('%s is unauthorized, each time', async (_, login) => {
    const sink = await sinkAt(`mqtt://${login}127.0.0.1:${await start({ users })}`, new Known());
    for (let i = 0; i < 2; i++) {
      const outcome = await sink.deliver([anna()]);
      expect(outcome).toMatchObject({ kind: 'retry', cause: 'unauthorized' });
      expect(JSON.stringify(outcome)).toMatch(/Not authorized/);
      expect(JSON.stringify(outcome)).not.toMatch(/secret/);
    }
  });

  test.each([
    ['to publish nothing', ['user reader', 'topic read #'], 'scaletap/status'],
    [
      'to publish no discovery',
      ['user reader', 'topic read #', 'topic write scaletap/#'],
      'homeassistant/device/scaletap_person_withings-1744475/config',
    ],
  ])('the right %s is unauthorized, with the topic', async (_, acl, topic) => {
    const sink = await sinkAt(`mqtt://reader:reader@127.0.0.1:${await start({ users, acl })}`, new Known());
    const outcome = await sink.deliver([anna()]);
    expect(outcome).toMatchObject({
      kind: 'retry',
      cause: 'unauthorized',
      message: `${topic}: the broker says: Publish error: Not authorized`,
    });
  });

  test('the rights that the page for Home Assistant names are enough', async () => {
    const acl = [
      'user scaletap',
      'topic readwrite scaletap/#',
      'topic readwrite homeassistant/device/+/config',
      'topic read homeassistant/status',
    ];
    const url = `mqtt://scaletap:p%40ss%2Fw%23rd@127.0.0.1:${await start({ users, acl })}`;
    const sink = await sinkAt(url, new Known());
    expect(await sink.deliver([anna()])).toEqual({ kind: 'delivered' });
  });

  test('a password that is mended at the broker is taken the next time', async () => {
    const port = await start({ users });
    const sink = await sinkAt(`mqtt://late:late@127.0.0.1:${port}`, new Known());
    expect(await sink.deliver([anna()])).toMatchObject({ cause: 'unauthorized' });
    await broker?.remove();
    broker = await startMosquitto({ users: { late: 'late' }, port });
    expect(await sink.deliver([anna()])).toEqual({ kind: 'delivered' });
  });
});

describe.skipIf(!haveMosquitto)('TLS', () => {
  async function withTls(names: string[]): Promise<{ port: number; caFile: string }> {
    authority = await testAuthority();
    return { port: await start({ tls: await authority.issue(names) }), caFile: authority.caFile };
  }

  test('with the authority named', async () => {
    const { port, caFile } = await withTls(['127.0.0.1']);
    const sink = await sinkAt(`mqtts://127.0.0.1:${port}`, new Known(), { caFile });
    expect(await sink.deliver([anna()])).toEqual({ kind: 'delivered' });
  });

  test('without: not trusted, and what to do', async () => {
    const { port } = await withTls(['127.0.0.1']);
    const outcome = await (await sinkAt(`mqtts://127.0.0.1:${port}`, new Known())).deliver([anna()]);
    expect(outcome).toMatchObject({
      cause: 'unreachable',
      message: expect.stringMatching(/not trusted.*--mqtt-ca/),
    });
  });

  test('a certificate for another name', async () => {
    const { port, caFile } = await withTls(['broker.example']);
    const outcome = await (await sinkAt(`mqtts://127.0.0.1:${port}`, new Known(), { caFile })).deliver([
      anna(),
    ]);
    expect(outcome).toMatchObject({ cause: 'unreachable', message: expect.stringMatching(/not trusted/) });
  });

  test.each([
    ['mqtt where TLS is spoken', 'mqtt', true],
    ['mqtts where it is not', 'mqtts', false],
  ])('%s', async (_, protocol, tls) => {
    const port = tls ? (await withTls(['127.0.0.1'])).port : await start({});
    const outcome = await (await sinkAt(`${protocol}://127.0.0.1:${port}`, new Known())).deliver([anna()]);
    expect(outcome).toMatchObject({ kind: 'retry', cause: 'unreachable' });
  });
});

describe('settings that cannot be used', () => {
  const problem = async (url: string, caFile: string | null = null) => {
    const rest = { topic: 'scaletap', discovery: 'homeassistant', missingDays: 14 };
    const sink = await mqttSink({ url, caFile, ...rest }, new Known());
    if ('problem' in sink) return sink.problem;
    await soon(() => sink.close());
    return null;
  };

  test.each([
    ['http://nas', /cannot be read/],
    ['nas:1883', /cannot be read/],
    ['mqtt://nas:0', /cannot be read/],
    ['mqtt://:secret@nas', /without a user/],
    ['mqtt://a:secret%zz@nas', /a % that encodes no character/],
  ])('%s', async (url, message) => {
    expect(await problem(url)).toMatch(message);
    expect(await problem(url)).not.toMatch(/secret/);
  });

  test.each([
    ['/no/such/ca.pem', /cannot be read \(ENOENT\); name another file with --mqtt-ca/],
    ['package.json', /no certificate in PEM form/],
  ])('the authority %s', async (file, message) => {
    expect(await problem('mqtts://nas', file)).toMatch(message);
  });
});
