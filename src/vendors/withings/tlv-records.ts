import { printable } from '../../model/escape.js';
import type { Range } from '../json-text.js';
import { textOf } from './tlv.js';

/**
 * The records of a maint post by type ("information elements" in the firmware's own words). Names and layouts
 * of 1 to 39 are from WS-30 firmware 211 and the captures (github.com/mncoppola/ws30), the later names from
 * github.com/SureshotM6/scanwatch_ble (dblib.py), whose watches number their records alike.
 */

interface RecordType {
  readonly name: string;
  /** The least bytes that `show` needs; a shorter payload is shown in hex. */
  readonly size?: number;
  readonly show?: (payload: Buffer) => string;
  /** Where the secret is; absent when there is none. The payload may have any length. */
  readonly secret?: (payload: Buffer) => Range;
}

/** A part of a record for people. */
export interface RecordPart {
  readonly text: string;
  readonly secret: boolean;
}

const whole = (payload: Buffer): Range => [0, payload.length];

/** A secret at a known place of a record of known length; in a record of another length it may be anywhere. */
function at(length: number, from: number, to: number): (payload: Buffer) => Range {
  return (payload) => (payload.length === length ? [from, to] : whole(payload));
}

const types: Readonly<Record<number, RecordType>> = {
  1: { name: 'MAC', show: text },
  2: { name: 'WSTARGET', show: text },
  3: { name: 'KL_SECRET', show: text, secret: whole },
  4: { name: 'TIME_CONSTANT', size: 12, show: (p) => signed(p, ['offset', 'next change', 'next offset']) },
  5: { name: 'USERS', size: 40, show: users },
  6: { name: 'STORED_MEASURE', size: 38, show: storedMeasure },
  7: { name: 'PREFLANG', show: text },
  8: { name: 'SCALE_CONSTANT', size: 16, show: (p) => unsigned(p, ['g', 'imt', 'f', 'stp']) },
  9: { name: 'WIFI_CONSTANT', size: 108, show: wifi, secret: at(108, 36, 100) },
  10: { name: 'STATIC_IP' },
  11: { name: 'MFGID', size: 4, show: number },
  12: {
    name: 'WEIGHT_CALIBRATION',
    size: 4,
    show: (p) => `factory g ${p.readUInt32LE(0)}, ${hex(p.subarray(4))}`,
  },
  14: { name: 'LAST_CNX', size: 32, show: lastConnections },
  15: { name: 'TIME_DELTA', size: 4, show: (p) => time(p.readUInt32LE(0)) },
  16: { name: 'COUNTERS', size: 44, show: counters },
  17: { name: 'FMODE', size: 4, show: number },
  // What the logs hold is not public.
  18: { name: 'LOG', secret: whole },
  19: { name: 'TRACE_ENABLED', show: () => 'yes' },
  20: { name: 'WEIGHT_VERIFICATION' },
  22: { name: 'WIFI_COUNTRY', show: text },
  24: { name: 'WPAKEY', secret: whole },
  25: { name: 'BATTERY', size: 8, show: battery },
  26: { name: 'LOG_2', secret: whole },
  27: { name: 'WIFI_DELAY', size: 4, show: number },
  28: { name: 'BT_DEVICE', size: 22, show: bluetooth, secret: at(22, 0, 16) },
  32: { name: 'DISPLAY_UNIT', size: 4, show: (p) => ['kg', 'st', 'lb'][p.readUInt32LE(0)] ?? number(p) },
  33: { name: 'CALIBRATION_PARAMETERS' },
  34: { name: 'TOUCH_THRESHOLDS', size: 16, show: (p) => unsigned(p, ['1', '2', '3', '4']) },
  35: { name: 'UNKNOWN_35', size: 4, show: number },
  37: { name: 'LAST_MEASURE_UID', size: 4, show: number },
  38: { name: 'WEIGHT_VERIFICATION_2' },
  // A register dump: 16 bytes of it look like a key.
  39: { name: 'RTC_VBAT', secret: whole },
  72: { name: 'USER' },
  74: { name: 'UNITS' },
  76: { name: 'FACTORY_FW' },
  85: { name: 'BAT_HISTORY' },
  91: { name: 'DEBUG_MASK' },
  104: { name: 'SCREEN_ORDER' },
  121: { name: 'AUTH_DATA', secret: whole },
  124: { name: 'UPDATE_INFO' },
  152: { name: 'PUBKEY' },
  153: { name: 'SESSION_NONCE', secret: whole },
  193: { name: 'FEATURE_MASK' },
  246: { name: 'FW_VERSION' },
  299: { name: 'CRT' },
  300: { name: 'CSR' },
};

function typeOf(type: number): RecordType {
  const known = Object.hasOwn(types, type) ? types[type] : undefined;
  // A record that has no name may hold anything.
  return known ?? { name: 'UNKNOWN', secret: whole };
}

/** `TLV 25 BATTERY` */
export function recordName(type: number): string {
  return `TLV ${type} ${typeOf(type).name}`;
}

/** Which bytes of a payload are secret; null when none are. */
export function recordSecret(type: number, payload: Buffer): Range | null {
  const range = typeOf(type).secret?.(payload);
  return range === undefined || range[0] === range[1] ? null : range;
}

/** A payload in words, its secret part apart from the rest. */
export function recordParts(type: number, payload: Buffer): RecordPart[] {
  const { size = 0, show = hex } = typeOf(type);
  const secret = recordSecret(type, payload);
  const open = payload.length < size ? hex : show;
  if (secret === null) return [{ text: open(payload), secret: false }];
  const [from, to] = secret;
  if (to - from === payload.length) return [{ text: open(payload), secret: true }];
  return [
    { text: open(payload), secret: false },
    { text: type === 28 ? hex(payload.subarray(from, to)) : text(payload.subarray(from, to)), secret: true },
  ];
}

const LONGEST_HEX = 64;

function hex(payload: Buffer): string {
  const digits = payload.toString('hex', 0, LONGEST_HEX);
  return payload.length > LONGEST_HEX ? `${digits}… (${payload.length} bytes)` : digits;
}

function text(payload: Buffer): string {
  return printable(textOf(payload));
}

function number(payload: Buffer): string {
  return String(payload.readUInt32LE(0));
}

function unsigned(payload: Buffer, names: readonly string[]): string {
  return names.map((name, i) => `${name} ${payload.readUInt32LE(i * 4)}`).join(', ');
}

function signed(payload: Buffer, names: readonly string[]): string {
  return names.map((name, i) => `${name} ${payload.readInt32LE(i * 4)}`).join(', ');
}

function counters(payload: Buffer): string {
  return Array.from({ length: 11 }, (_, i) => payload.readUInt32LE(i * 4)).join(' ');
}

function time(seconds: number): string {
  return seconds === 0 ? 'never' : new Date(seconds * 1000).toISOString();
}

/** A 32-bit float in the seven digits that it holds. */
function float(payload: Buffer, from: number): string {
  return String(Number(payload.readFloatLE(from).toPrecision(7)));
}

function battery(payload: Buffer): string {
  return `${payload.readUInt32LE(0)} %, ${float(payload, 4)} mV`;
}

/** Records of 40 bytes; an id of 0 is a free place. */
function users(payload: Buffer): string {
  const found: string[] = [];
  for (let from = 0; from + 40 <= payload.length; from += 40) {
    const user = payload.subarray(from, from + 40);
    const id = user.readUInt32LE(0);
    if (id === 0) continue;
    found.push(
      `${id} ${text(user.subarray(4, 8))}: ${float(user, 24)} kg at ${time(user.readUInt32LE(8))}, ` +
        `${float(user, 16)} m, ${float(user, 20)} years, sex ${user.readUInt16LE(12)}, ` +
        `fat method ${user.readUInt16LE(14)}, attrib ${user.readUInt32LE(36)}`,
    );
  }
  return found.length === 0 ? 'none' : found.join('; ');
}

/** A weigh-in that waits to be sent. The same one comes in a measure post later, so this is not a reading. */
function storedMeasure(payload: Buffer): string {
  const count = Math.min(payload.readUInt32LE(4), 3);
  const ids = Array.from({ length: count }, (_, i) => payload.readUInt32LE(8 + i * 4));
  return (
    `${float(payload, 25)} kg at ${time(payload.readUInt32LE(21))}, user ${payload.readUInt32LE(0)}, ` +
    `candidates ${ids.length === 0 ? 'none' : ids.join(' ')}, attrib ${payload.readUInt8(20)}, size ${float(payload, 33)}`
  );
}

function wifi(payload: Buffer): string {
  const ssid = text(payload.subarray(0, 32));
  return `SSID ${JSON.stringify(ssid)}, key of ${payload.readUInt32LE(100)}, auth type ${payload.readUInt32LE(104)}`;
}

function bluetooth(payload: Buffer): string {
  const address = [...payload.subarray(16, 22)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `address ${address.join(':')}`;
}

function lastConnections(payload: Buffer): string {
  const at = (index: number) => payload.readUInt32LE(index * 4);
  return (
    `Wi-Fi ok ${time(at(0))}, tried ${time(at(1))}, ${at(2)} tries, new network ${time(at(3))}, ` +
    `Bluetooth ok ${time(at(4))}, tried ${time(at(5))}, ${at(6)} tries, must flash ${at(7)}`
  );
}
