/**
 * application/x-www-form-urlencoded as scales send it: names may repeat, order matters, and where each value
 * stood is kept, so that redaction can name the very bytes.
 *
 * WS-30 firmware leaves `:` and `-` in values as they are, but encodes everything that is not a letter or a
 * digit in `measures`; both are read.
 */

/** One `name=value`; the raw value is `text.slice(from, to)`. */
export interface FormField {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export type FormRefusal = 'not-form-data' | 'bad-percent-encoding';

export class Form {
  /** The whole form as it stood. */
  readonly text: string;
  readonly fields: readonly FormField[];

  constructor(text: string, fields: readonly FormField[]) {
    this.text = text;
    this.fields = fields;
  }

  /** A value as it stood, still encoded. */
  raw(field: FormField): string {
    return this.text.slice(field.from, field.to);
  }

  /** A value decoded; undefined when its percent-encoding is broken. */
  value(field: FormField): string | undefined {
    return percentDecode(this.raw(field));
  }

  first(name: string): FormField | undefined {
    return this.fields.find((field) => field.name === name);
  }

  all(name: string): FormField[] {
    return this.fields.filter((field) => field.name === name);
  }
}

export const noForm = new Form('', []);

/**
 * Takes a form apart. `text` has one character a byte. Names are decoded, values are left until asked for.
 * An empty text is a form without fields.
 */
export function parseForm(text: string): Form | FormRefusal {
  const fields: FormField[] = [];
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('&', at);
    const to = next < 0 ? text.length : next;
    if (to > at) {
      const equals = text.indexOf('=', at);
      if (equals < 0 || equals >= to) return 'not-form-data';
      const name = percentDecode(text.slice(at, equals));
      if (name === undefined) return 'bad-percent-encoding';
      if (!/^[\w.[\]-]+$/.test(name)) return 'not-form-data';
      fields.push({ name, from: equals + 1, to });
    }
    at = to + 1;
  }
  return new Form(text, fields);
}

/** Whether a form is nothing but printable ASCII and every value of it can be decoded. */
export function isClean(text: string, form: Form): boolean {
  return /^[\x20-\x7e]*$/.test(text) && form.fields.every((field) => form.value(field) !== undefined);
}

function percentDecode(raw: string): string | undefined {
  if (!raw.includes('%') && !raw.includes('+')) return raw;
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
