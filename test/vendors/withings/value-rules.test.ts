import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { valueRules as rules } from '../../../src/vendors/withings/value-rules.js';
import { captures, exchangesOf, Memory } from './exchanges.js';

const session = '{"status":0,"body":{"sessionid":"5-aa","sp":{"users":[]},"x":{"kl_secret":77,"sn":"ANA"}}}';
const request = 'action=new&auth=00:24:e4:00:00:01&hash=5c6bd2&batterylvl=97';

describe('a text is judged by the name of its value', () => {
  test.each([
    ['once', '00d0177b-1360777c', 'x'.repeat(32)],
    ['session', session, '{"body":{}}'],
    ['session', '{"status":0}', '{"status":"0"}'],
    ['users', '[]', '{}'],
    ['users', '[{"id":7,"sn":"ANA"}]', '[7]'],
    ['secret', '0123456789abcdef', ''],
    ['secret', 'x'.repeat(64), 'two words'],
    ['offsets', '{"goff":0,"dst":0,"ngoff":0}', '[]'],
    ['gravity', '97918', '9.7918'],
    ['gravity', '97000', '96999'],
    ['units', '{"w":1}', 'w=1'],
    ['language', 'en_GB', 'English, please'],
    ['request.session', request, 'hash=x'],
    ['request.session', `${request}&a=%41`, `${request}&a=%4`],
    ['learn-secret', '1', 'yes'],
    ['learn-secret', '', '0'],
    ['reply.session', '{"head":["HTTP/1.1 200 OK","Date:"]}', '{"head":["HTTP/1.1 500 Oh"]}'],
    ['reply.measure', '{"head":["HTTP/1.1 200 OK"],"body":{"status":0}}', '{"status":0}'],
  ])('%s: %j and not %j', (name, good, bad) => {
    expect(rules.problem(name, good)).toBeNull();
    expect(rules.problem(name, bad)).toMatch(/^is /);
  });

  test('and is none without such a name', () => {
    for (const name of ['usres', 'reply.', 'constructor', '']) {
      expect(rules.problem(name, '{}')).toBe('is not a value that this scaletap knows');
    }
  });

  test('and can hold no NUL, where the database would cut it', () => {
    expect(rules.problem('units', '{}\0')).toBe('has a NUL character in it');
  });
});

describe('covered is what is secret', () => {
  test.each([
    ['secret', 'a secret', '********'],
    ['once', '00d0177b-1360777c', '00d0177b-1360777c'],
    ['session', session, session.replace('5-aa', '****').replace('77', '**')],
    ['session', 'not JSON', '********'],
    ['request.session', request, request.replace('5c6bd2', '******')],
    ['request.session', 'a=%4', '****'],
    ['users', '[{"id":7,"sn":"ANA"}]', '[{"id":7,"sn":"ANA"}]'],
    ['reply.association', '{"head":["X"],"body":{"token":"t0"}}', '{"head":["X"],"body":{"token":"**"}}'],
    ['of a newer one', 'who knows', '*********'],
  ])('in %s', (name, text, covered) => {
    expect(rules.cover(name, text)).toBe(covered);
  });
});

test('whatever a vendor has said can be moved to another machine, covered or not', () => {
  const memory = new Memory();
  for (const capture of captures) memory.play(exchangesOf(capture));
  expect([...memory.values.keys()].map((key) => key.split(' ')[1])).toEqual(
    expect.arrayContaining(['session', 'users', 'secret']),
  );
  for (const [key, text] of memory.values) {
    const name = key.slice(key.indexOf(' ') + 1);
    expect(rules.names).toContain(name);
    expect(rules.problem(name, text), name).toBeNull();
    if (name !== 'secret') expect(rules.problem(name, rules.cover(name, text)), name).toBeNull();
  }
});

test('no session id shows, whatever stands around it', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\w-]{12}$/), fc.json(), (id, other) => {
      const text = `{"status":0,"other":${other},"body":{"x":[{"sessionid":"${id}"}],"y":${other}}}`;
      fc.pre(!other.includes(id));
      expect(rules.cover('session', text)).not.toContain(id);
    }),
  );
});

test('a device is a MAC, however it is written', () => {
  expect(rules.device('00-24-E4-00-00-01')).toBe('00:24:e4:00:00:01');
  expect(rules.device('kitchen')).toBeNull();
});
