/**
 * The data of a maint post: records of u16le type, u16le length and payload, in hex. The type ffff has no
 * length and ends a section; the first section is the factory bank, the second what the scale runs with.
 * From the WS-30 captures and firmware (github.com/mncoppola/ws30).
 */

const SECTION_END = 0xffff;

/** Record types that the reader needs by number. */
export const tlv = { mac: 1, secret: 3, wifi: 9, battery: 25 } as const;

/** What is told of every record: its payload is `bytes.subarray(from, to)`; sections count from 1. */
export type RecordVisitor = (type: number, from: number, to: number, section: number) => void;

/**
 * Visits the records in order and returns where it had to stop: at the end of the bytes when all is well, else
 * at the first byte of the record that runs past the end.
 */
export function walkTlv(bytes: Buffer, visit: RecordVisitor): number {
  let at = 0;
  let section = 1;
  while (at + 2 <= bytes.length) {
    const type = bytes.readUInt16LE(at);
    if (type === SECTION_END) {
      section++;
      at += 2;
      continue;
    }
    if (at + 4 > bytes.length) break;
    const from = at + 4;
    const to = from + bytes.readUInt16LE(at + 2);
    if (to > bytes.length) break;
    visit(type, from, to, section);
    at = to;
  }
  return at;
}

/** The bytes of hex digits up to the first that is none, and whether that was all of them. */
export function readHex(digits: string): { readonly bytes: Buffer; readonly whole: boolean } {
  const bytes = Buffer.from(digits, 'hex');
  return { bytes, whole: bytes.length * 2 === digits.length };
}

/** Text up to the first NUL. */
export function textOf(payload: Buffer): string {
  const end = payload.indexOf(0);
  return payload.toString('latin1', 0, end < 0 ? payload.length : end);
}
