import { vendorNamedBy } from '../../model/vendor.js';
import type { Bodies } from '../../views/shapes.js';

/** What stands in the form of a person: texts, as they were typed. */
export interface PersonFields {
  readonly name: string;
  readonly shortName: string;
  readonly colour: string;
  /** Rows without an id are left out. */
  readonly ids: readonly { readonly vendor: string; readonly id: string }[];
  readonly heightCm: string;
  readonly birthDate: string;
  readonly sex: string;
}

/** The members of a person, as they are sent. */
export type PersonFacts = Bodies['addPerson'];

/** What is wrong with a field, by the field's name. */
export type Wrong = { readonly [Name in keyof PersonFacts]?: string };

/** Reads the form of a person: what to send, or what is wrong. The server looks at it again, and has the last word. */
export function readPerson(fields: PersonFields, today: string): { facts: PersonFacts } | { wrong: Wrong } {
  const wrong: { -readonly [Name in keyof Wrong]: Wrong[Name] } = {};
  const name = fields.name.trim();
  if (name === '') wrong.name = 'A name is needed.';
  else if (name.length > 64) wrong.name = 'This is longer than 64 characters.';

  const shortName = fields.shortName.trim();
  if (!/^[\x21-\x7e]{0,3}$/.test(shortName)) {
    wrong.shortName = 'At most three letters or digits, without accents: a scale can show no others.';
  }

  const ids: PersonFacts['ids'] = [];
  for (const row of fields.ids) {
    const id = row.id.trim();
    if (id === '') continue;
    const vendor = vendorNamedBy(row.vendor);
    if (!/^[1-9]\d{0,19}$/.test(id)) wrong.ids = `${id} is no user id: those are digits alone.`;
    else if (vendor !== undefined) ids.push({ vendor, id });
    else wrong.ids = `${id} needs a vendor.`;
  }

  const heightM = heightOf(fields.heightCm);
  if (heightM === undefined) wrong.heightM = 'A height from 50 to 250 cm, or nothing.';

  const birthDate = fields.birthDate.trim();
  if (birthDate !== '' && !/^\d{4}-\d{2}-\d{2}$/.test(birthDate)) {
    wrong.birthDate = 'A date such as 1992-08-14, or nothing.';
  } else if (birthDate > today) wrong.birthDate = 'This is in the future.';

  if (Object.keys(wrong).length > 0) return { wrong };
  return {
    facts: {
      name,
      shortName: shortName || null,
      colour: /^#[0-9a-f]{6}$/.test(fields.colour) ? fields.colour : null,
      ids,
      heightM: heightM ?? null,
      birthDate: birthDate || null,
      sex: fields.sex === 'female' || fields.sex === 'male' ? fields.sex : null,
    },
  };
}

/** Metres, of a text in centimetres; null for none, undefined for no height. `1.68` and `1,68` are meant as metres. */
function heightOf(text: string): number | null | undefined {
  const typed = text
    .trim()
    .replace(',', '.')
    .replace(/\s*cm$/, '');
  if (typed === '') return null;
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(typed)) return undefined;
  const number = Number(typed);
  const metres = number < 3 ? number : Math.round(number * 100) / 10_000;
  return metres >= 0.5 && metres <= 2.5 ? metres : undefined;
}

/** What is to be sent: the facts that differ from those that were shown. */
export function changedFacts(before: PersonFacts, after: PersonFacts): Bodies['editPerson'] {
  const entries = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof PersonFacts]),
  );
  return Object.fromEntries(entries);
}
