import type { Form } from '../form.js';
import { normalMac } from '../mac.js';
import { quote } from '../quote.js';
import { explains, isSecretText } from './hash.js';
import { noteSession, Session } from './session-note.js';
import { readHex, textOf, tlv, walkTlv } from './tlv.js';
import type { Visit } from './visit.js';

/**
 * Whether a form's data is a scale's configuration: source and type are 1. The app sends other things under
 * other numbers, whose format is not public.
 */
export function isConfiguration(form: Form): boolean {
  const numbers = ['source', 'type'].map((name) => form.all(name).map((field) => form.raw(field)));
  return numbers.every((values) => values.length === 1 && values[0] === '1');
}

/**
 * `/cgi-bin/maint`: `action=store&sessionid&source=1&type=1&data=<hex>`, the scale's whole configuration, asked
 * for by `ind.stp` in the session reply. The secret and the battery's voltage are taken from it. Weigh-ins that
 * wait in it (record 6) are not: each comes later in a measure post of its own.
 */
export function readMaint(visit: Visit): void {
  const digits = configuration(visit);
  if (digits === undefined) return;
  const { bytes, whole } = readHex(digits);
  if (!whole) visit.refuse('bad-hex', `data, at digit ${bytes.length * 2} of ${digits.length}`);

  // The last record of a type counts: the second section is what the scale runs with.
  const records = new Map<number, Buffer>();
  const end = walkTlv(bytes, (type, from, to) => {
    if (type === tlv.mac || type === tlv.secret || type === tlv.battery) {
      records.set(type, bytes.subarray(from, to));
    }
  });
  if (whole && end < bytes.length) visit.refuse('tlv-overrun', `data, record at byte ${end}`);

  const mac = records.get(tlv.mac);
  const device = visit.device ?? (mac === undefined ? null : normalMac(textOf(mac)));
  visit.device = device;
  if (device === null) {
    visit.refuse('no-device', 'data has no MAC and the session is not known');
    return;
  }
  const secret = records.get(tlv.secret);
  if (secret !== undefined) learnSecret(visit, device, textOf(secret));
  const battery = records.get(tlv.battery);
  if (battery !== undefined) readVoltage(visit, device, battery);
}

/** The hex digits, if they are a configuration. */
function configuration(visit: Visit): string | undefined {
  for (const name of ['source', 'type']) {
    const number = visit.needed(name);
    if (number === '1') continue;
    if (number !== undefined) visit.refuse('bad-value', `${name} is ${quote(number)}`);
    return undefined;
  }
  return visit.needed('data');
}

/**
 * Keeps the secret. One that differs from what is known must explain the hash of the session that it came in,
 * if there is one to explain; the session is verified then.
 *
 * When the answer was ours nobody else has checked the device, and a secret that fits its own hash proves nothing: it
 * is taken where none is known, and never in the place of a known one, unless it was asked for by the value
 * `learn-secret`. That value is taken away when the secret is known.
 */
function learnSecret(visit: Visit, device: string, secret: string): void {
  if (!isSecretText(secret)) {
    visit.refuse('bad-value', 'TLV 3 is no text of 1 to 64 characters');
    return;
  }
  if (!visit.good && !(visit.replayed && visit.reply?.status === 0)) return;
  const asked = (visit.known.value(device, 'learn-secret') ?? '') !== '';
  const known = visit.known.value(device, 'secret');
  if (secret !== known) {
    const { session } = visit;
    const proof = session?.proof ?? null;
    if (proof !== null && !explains(secret, proof)) {
      visit.refuse('secret-mismatch', 'TLV 3 does not explain the hash of its session');
      return;
    }
    if (!visit.good && !asked && (known !== undefined || proof === null)) return;
    if (session !== null && proof !== null) {
      visit.session = new Session(session.device, session.serverMs, 'verified', proof);
      noteSession(visit, visit.session, visit.text('sessionid'));
    }
    visit.value(device, 'secret', secret);
  }
  if (asked) visit.value(device, 'learn-secret', '');
}

/** Record 25: u32 percent, which the session has told already, and f32 millivolts. */
function readVoltage(visit: Visit, device: string, payload: Buffer): void {
  if (payload.length < 8) {
    visit.refuse('wrong-shape', `TLV 25 has ${payload.length} bytes`);
    return;
  }
  // Seven digits are what a 32-bit float holds; more would be dust.
  const value = Number(payload.readFloatLE(4).toPrecision(7));
  if (!Number.isFinite(value) || value < 0) {
    visit.refuse('bad-value', `TLV 25 voltage is ${value}`);
    return;
  }
  visit.readState('battery_voltage', value, device);
}
