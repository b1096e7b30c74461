import type { asn1 } from 'node-forge';

/** A piece of ASN.1, as forge has it. */
export type Piece = asn1.Asn1;

/** From this year on a certificate writes its dates with four digits of the year (RFC 5280, 4.1.2.5). */
const FIRST_LONG_YEAR = 2050;

/** Builds and reads DER with node-forge. Bytes go in and come out as buffers. */
export class Der {
  readonly #asn1: typeof asn1;

  private constructor(forge: typeof asn1) {
    this.#asn1 = forge;
  }

  /** Loads forge when the first certificate is built: most runs of scaletap build none. */
  static async load(): Promise<Der> {
    const { default: forge } = await import('node-forge/lib/asn1.js');
    return new Der(forge);
  }

  /** Throws an error of forge's when the bytes are not DER. */
  parse(bytes: Buffer): Piece {
    return this.#asn1.fromDer(bytes.toString('latin1'));
  }

  bytes(piece: Piece): Buffer {
    return Buffer.from(this.#asn1.toDer(piece).getBytes(), 'latin1');
  }

  sequence(...pieces: readonly Piece[]): Piece {
    const { Class, Type } = this.#asn1;
    return this.#asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...pieces]);
  }

  set(...pieces: readonly Piece[]): Piece {
    const { Class, Type } = this.#asn1;
    return this.#asn1.create(Class.UNIVERSAL, Type.SET, true, [...pieces]);
  }

  oid(dotted: string): Piece {
    return this.#plain(this.#asn1.Type.OID, Buffer.from(this.#asn1.oidToDer(dotted).getBytes(), 'latin1'));
  }

  /** Of the bytes as they are: the caller sees to sign and shortest form. */
  integer(bytes: Buffer): Piece {
    return this.#plain(this.#asn1.Type.INTEGER, bytes);
  }

  yes(): Piece {
    return this.#plain(this.#asn1.Type.BOOLEAN, Buffer.of(0xff));
  }

  nothing(): Piece {
    return this.#plain(this.#asn1.Type.NULL, Buffer.alloc(0));
  }

  octets(bytes: Buffer): Piece {
    return this.#plain(this.#asn1.Type.OCTETSTRING, bytes);
  }

  /** `unused`: how many bits at the end do not count. */
  bits(bytes: Buffer, unused = 0): Piece {
    return this.#plain(this.#asn1.Type.BITSTRING, Buffer.concat([Buffer.of(unused), bytes]));
  }

  text(text: string): Piece {
    return this.#plain(this.#asn1.Type.UTF8, Buffer.from(text));
  }

  /** A date in whole seconds, in the one of two forms that its year must have. */
  time(ms: number): Piece {
    const date = new Date(ms);
    const { Type } = this.#asn1;
    return date.getUTCFullYear() < FIRST_LONG_YEAR
      ? this.#plain(Type.UTCTIME, Buffer.from(this.#asn1.dateToUtcTime(date), 'latin1'))
      : this.#plain(Type.GENERALIZEDTIME, Buffer.from(this.#asn1.dateToGeneralizedTime(date), 'latin1'));
  }

  /** `[number] EXPLICIT`: the pieces inside a tag. */
  tagged(number: number, ...pieces: readonly Piece[]): Piece {
    return this.#asn1.create(this.#asn1.Class.CONTEXT_SPECIFIC, number, true, [...pieces]);
  }

  /** `[number] IMPLICIT`: the bytes under a tag in place of their own. */
  retagged(number: number, bytes: Buffer): Piece {
    return this.#asn1.create(this.#asn1.Class.CONTEXT_SPECIFIC, number, false, bytes.toString('latin1'));
  }

  /** What a sequence, set or tag holds; nothing for a piece that holds bytes. */
  inside(piece: Piece | undefined): readonly Piece[] {
    return Array.isArray(piece?.value) ? piece.value : [];
  }

  #plain(type: asn1.Type, bytes: Buffer): Piece {
    return this.#asn1.create(this.#asn1.Class.UNIVERSAL, type, false, bytes.toString('latin1'));
  }
}
