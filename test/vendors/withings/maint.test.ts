import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Findings } from '../../../src/vendors/vendor.js';
import { sessionHash } from '../../../src/vendors/withings/hash.js';
import { walkTlv } from '../../../src/vendors/withings/tlv.js';
import { exchangesOf, lines, Memory, message, post, record, refused } from './exchanges.js';

const mac = '00:24:e4:00:00:01';
const SECTION_END = 'ffff';

const ofMac = record(1, Buffer.from(`${mac}\0`));
const ofSecret = (text: string) => record(3, Buffer.from(`${text}\0`));

function ofBattery(percent: number, millivolts: number): string {
  const payload = Buffer.alloc(8);
  payload.writeUInt32LE(percent, 0);
  payload.writeFloatLE(millivolts, 4);
  return record(25, payload);
}

const maint = (data: string, reply: string | null = '{"status":0}', over = {}) =>
  post('maint', `action=store&sessionid=s1&source=1&type=1&data=${data}`, reply, over);

/** The values found, without the reply that is learnt with every post. */
const valued = (found: Findings | undefined) =>
  (found?.values ?? []).filter(({ name }) => !name.startsWith('reply.'));

/** Reads a maint post of a session that nothing is known of. */
const alone = (data: string) => new Memory().play([maint(data)])[0];

/** A session opened with one secret, then a maint post that has another. */
function session(opened: string, posted: string, known?: string, over = {}) {
  const memory = new Memory();
  if (known !== undefined) memory.values.set(`${mac} secret`, known);
  const hash = sessionHash(mac, opened, 'o1');
  const found = memory.play([
    post('once', 'action=get', '{"status":0,"body":{"once":"o1"}}'),
    post(
      'session',
      `action=new&auth=${mac}&hash=${hash}`,
      '{"status":0,"body":{"sessionid":"s1","sp":{"users":[]}}}',
    ),
    maint(ofSecret(posted) + ofBattery(97, 5957), '{"status":0}', over),
    post(
      'measure',
      'sessionid=s1&meastime=1399999999&measures=[{"value":80,"type":1,"unit":0}]',
      '{"status":0}',
    ),
  ]);
  return { memory, verdict: found[1]?.verdict, maint: found[2], measure: found[3] };
}

describe('the secret', () => {
  test('is learnt when it explains the hash of its session', () => {
    const { maint: found, verdict } = session('aaaa', 'aaaa');
    expect(verdict).toBe('unchecked');
    expect(valued(found)).toEqual([{ device: mac, name: 'secret', text: 'aaaa' }]);
    expect(refused(found)).toEqual([]);
  });

  test('is not learnt when it does not', () => {
    const { maint: found, memory } = session('aaaa', 'bbbb');
    expect(valued(found)).toEqual([]);
    expect(refused(found)).toEqual(['secret-mismatch: TLV 3 does not explain the hash of its session']);
    expect(memory.value(mac, 'secret')).toBeUndefined();
  });

  test('is not learnt again', () => {
    const { maint: found } = session('aaaa', 'aaaa', 'aaaa');
    expect(valued(found)).toEqual([]);
    expect(found?.notes.map(([key]) => key)).toEqual([`learnt:${mac} maint`]);
  });

  test('a new one puts a failed session right: the scale was paired again', () => {
    const { verdict, maint: found, measure } = session('bbbb', 'bbbb', 'aaaa');
    expect(verdict).toBe('failed');
    expect(valued(found).map(({ text }) => text)).toEqual(['bbbb']);
    expect([lines(found)[0], lines(measure)[0]].join()).not.toContain('unverified');
  });

  test('in a failed session with the known one, readings stay unverified', () => {
    const { maint: found, measure } = session('bbbb', 'aaaa', 'aaaa');
    expect([lines(found)[0], lines(measure)[0]]).toEqual([
      'battery_voltage 5957 mv 2014-05-13T16:53:20.000Z nobody [arrival-time unverified]',
      'weight 80 kg 2014-05-13T16:53:19.000Z nobody [unverified]',
    ]);
  });

  test('is not learnt without an answer, nor from one that is not good', () => {
    expect(session('aaaa', 'aaaa', undefined, { response: null }).maint?.values).toEqual([]);
    const unavailable = message('HTTP/1.1 503 Unavailable\r\n\r\n', '{"status":0}');
    expect(session('aaaa', 'aaaa', undefined, { response: unavailable }).maint?.values).toEqual([]);
    const refusal = message('HTTP/1.1 200 OK\r\n\r\n', '{"status":258}');
    expect(session('aaaa', 'aaaa', undefined, { response: refusal }).maint?.values).toEqual([]);
  });

  test('that of the running section counts, not the factory one', () => {
    const found = alone(ofMac + ofSecret('aaaa') + SECTION_END + ofSecret('bbbb') + SECTION_END);
    expect(valued(found).map(({ text }) => text)).toEqual(['bbbb']);
  });

  test.each(['', 'a b', 'ä', 'x'.repeat(65)])('%j is none', (text) => {
    const found = alone(ofMac + record(3, Buffer.from(text, 'latin1')));
    expect(valued(found)).toEqual([]);
    expect(refused(found)).toEqual(['bad-value: TLV 3 is no text of 1 to 64 characters']);
  });
});

describe('the secret in a maint that we answered', () => {
  const learnSecret = { device: mac, name: 'learn-secret', text: '' };
  const secretOf = (text: string) => ({ device: mac, name: 'secret', text });

  function answered(posted: string, values: Record<string, string>, hashed: string | null = 'aaaa') {
    const memory = new Memory();
    for (const [name, value] of Object.entries(values)) memory.values.set(`${mac} ${name}`, value);
    const ours = { answered: 'replayed' } as const;
    const before = [
      post('once', 'action=get', '{"status":0,"body":{"once":"o1"}}', ours),
      post(
        'session',
        `action=new&auth=${mac}&hash=${sessionHash(mac, hashed ?? '', 'o1')}`,
        '{"status":0,"body":{"sessionid":"s1","sp":{"users":[]}}}',
        ours,
      ),
    ];
    const found = memory.play([
      ...(hashed === null ? [] : before),
      maint(ofMac + ofSecret(posted), '{"status":0}', ours),
    ]);
    return found.at(-1);
  }

  test.each([
    ['is learnt when it explains the hash and none is known', 'aaaa', {}, [secretOf('aaaa')]],
    ['never takes the place of a known one', 'aaaa', { secret: 'bbbb' }, []],
    ['is learnt when it was asked for', 'aaaa', { 'learn-secret': '1' }, [secretOf('aaaa'), learnSecret]],
    [
      'takes the place of a known one when it was asked for',
      'aaaa',
      { secret: 'bbbb', 'learn-secret': '1' },
      [secretOf('aaaa'), learnSecret],
    ],
    ['is not learnt when it does not explain the hash', 'cccc', { 'learn-secret': '1' }, []],
    ['ends the asking when it was known', 'aaaa', { secret: 'aaaa', 'learn-secret': '1' }, [learnSecret]],
    ['is not asked for by an emptied value', 'aaaa', { secret: 'bbbb', 'learn-secret': '' }, []],
  ])('%s', (_, posted, values, learnt) => {
    expect(answered(posted, values)?.values).toEqual(learnt);
  });

  test('without a session is learnt only when it was asked for', () => {
    expect(answered('aaaa', {}, null)?.values).toEqual([]);
    expect(answered('aaaa', { 'learn-secret': '1' }, null)?.values).toEqual([secretOf('aaaa'), learnSecret]);
  });

  test('is not learnt after a session that we turned away', () => {
    const ours = { answered: 'replayed' } as const;
    const hash = sessionHash(mac, 'aaaa', 'o1');
    const found = new Memory().play([
      post('once', 'action=get', '{"status":0,"body":{"once":"o1"}}', ours),
      post('session', `action=new&auth=${mac}&hash=${hash}&batterylvl=50`, '{"status":100}', ours),
      maint(ofMac + ofSecret('aaaa'), '{"status":0}', ours),
    ]);
    expect(found.flatMap(({ values, readings }) => [...values, ...readings])).toEqual([]);
  });

  test('a live one ends the asking as well', () => {
    const memory = new Memory();
    memory.values.set(`${mac} learn-secret`, '1');
    const [found] = memory.play([maint(ofMac + ofSecret('aaaa'))]);
    expect(valued(found)).toEqual([secretOf('aaaa'), learnSecret]);
  });
});

test('a maint post alone has its device from its own data', () => {
  const found = alone(ofMac + ofBattery(97, 5957.5) + SECTION_END);
  expect(found?.device).toBe(mac);
  expect(lines(found)).toEqual(['battery_voltage 5957.5 mv 2014-05-13T16:53:20.000Z nobody [arrival-time]']);
});

test('a weigh-in that waits in the configuration is no reading', () => {
  const payload = Buffer.alloc(38);
  payload.writeUInt32LE(1_399_999_999, 21);
  payload.writeFloatLE(80, 25);
  expect(lines(alone(ofMac + record(6, payload)))).toEqual([]);
});

test.each([
  ['00', 'no-device: data has no MAC and the session is not known', 'tlv-overrun: data, record at byte 0'],
  [`${ofMac}0300ff0041`, 'tlv-overrun: data, record at byte 22'],
  [`${ofMac}ff`, 'tlv-overrun: data, record at byte 22'],
  [`${ofMac}030`, 'bad-hex: data, at digit 46 of 47'],
  [`${ofMac}zz`, 'bad-hex: data, at digit 44 of 46'],
  [ofMac + record(25, Buffer.alloc(7)), 'wrong-shape: TLV 25 has 7 bytes'],
  [ofMac + ofBattery(1, Number.NaN), 'bad-value: TLV 25 voltage is NaN'],
  [ofMac + ofBattery(1, -1), 'bad-value: TLV 25 voltage is -1'],
  [ofMac + ofBattery(1, Number.POSITIVE_INFINITY), 'bad-value: TLV 25 voltage is Infinity'],
  ['', 'no-device: data has no MAC and the session is not known'],
])('data %s', (data, ...refusals) => {
  const found = alone(data);
  expect(refused(found).sort()).toEqual(refusals.sort());
  expect(found?.readings).toEqual([]);
});

test('what came before an overrun is read', () => {
  expect(lines(alone(`${ofMac}${ofBattery(97, 5957)}0300ff00`))).toHaveLength(1);
});

test.each([
  ['source=4&type=1&data=00', 'bad-value: source is "4"'],
  ['source=1&type=9&data=00', 'bad-value: type is "9"'],
  ['source=1&data=00', 'missing-field: type'],
  ['source=1&type=1', 'missing-field: data'],
  ['source=1&type=1&data=%', 'bad-percent-encoding: data'],
])('form %s', (form, refusal) => {
  const [found] = new Memory().play([post('maint', form, '{"status":0}')]);
  expect(refused(found)).toEqual([refusal]);
});

describe('walkTlv', () => {
  test('finds the records of the captures in two sections', () => {
    const form = Buffer.from(exchangesOf('ws30-update.http')[2]?.request.body ?? []).toString('latin1');
    const data = Buffer.from(form.slice(form.indexOf('data=') + 5), 'hex');
    const sections: number[][] = [[], []];
    expect(walkTlv(data, (type, _from, _to, section) => sections[section - 1]?.push(type))).toBe(1641);
    expect(sections).toEqual([
      [11, 1, 3, 2, 33, 12, 20],
      [16, 35, 28, 22, 10, 4, 5, 7, 8, 9, 27, 15, 14, 39, 37, 32, 34, 25],
    ]);
  });

  test('any bytes: whole records inside the bytes, in order, then a stop', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
        const data = Buffer.from(raw);
        let last = 0;
        const end = walkTlv(data, (_type, from, to) => {
          expect(from).toBeGreaterThanOrEqual(last + 4);
          expect(to).toBeGreaterThanOrEqual(from);
          last = to;
        });
        expect(end).toBeGreaterThanOrEqual(last);
        expect(end).toBeLessThanOrEqual(data.length);
      }),
    );
  });

  test('records written are records found, whatever is cut off behind', () => {
    const records = fc.array(fc.tuple(fc.integer({ min: 0, max: 0xfffe }), fc.uint8Array({ maxLength: 20 })));
    fc.assert(
      fc.property(records, fc.nat(), (written, cut) => {
        const data = Buffer.from(
          written.map(([type, payload]) => record(type, Buffer.from(payload))).join(''),
          'hex',
        );
        const kept = data.subarray(0, data.length - (data.length === 0 ? 0 : cut % data.length));
        const found: [number, Uint8Array][] = [];
        const end = walkTlv(kept, (type, from, to) =>
          found.push([type, Uint8Array.from(kept.subarray(from, to))]),
        );
        expect(found).toEqual(written.slice(0, found.length));
        if (kept.length === data.length) expect([found.length, end]).toEqual([written.length, data.length]);
      }),
    );
  });
});
