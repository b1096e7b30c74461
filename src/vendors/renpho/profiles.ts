import type { Known } from '../vendor.js';
import { isObject, numberOf, parseJson, textOf } from './json.js';

/** What a page can show of a person: the value `profile`. No e-mail address, no birthday. */
interface Profile {
  readonly id: string;
  /** `{"name":"Ana","heightCm":172,"sex":"female"}`; what is not known is not there. */
  readonly text: string;
}

/**
 * The profile in a record that may be a person's: of a login, a sign-in, a family member (all `id`), or a friend
 * (`userId`), in the spelling of either API. Null when it names nobody.
 */
export function profileOf(record: unknown, idName: 'id' | 'userId' | 'user_id'): Profile | null {
  if (!isObject(record)) return null;
  const id = textOf(record[idName]);
  const name = record.accountName ?? record.account_name;
  if (id === undefined) return null;
  if (typeof name !== 'string' || name === '' || /^\*+$/.test(name)) return null;
  const heightCm = heightOf(record);
  const gender = numberOf(record.gender);
  const sex = gender === 0 ? 'female' : gender === 1 ? 'male' : undefined;
  return { id, text: JSON.stringify({ name: name.slice(0, 100), heightCm, sex }) };
}

/** `heightUnit` is 1 for centimetres, 2 for inches; 0 occurs and is not explained, so that nothing is made of it. */
function heightOf(record: Readonly<Record<string, unknown>>): number | undefined {
  const height = numberOf(record.height);
  const unit = numberOf(record.heightUnit ?? record.height_unit);
  return height !== undefined && height > 0 && height < 300 && unit === 1 ? height : undefined;
}

/** The name in a person's profile; null when none is known. */
export function personName(person: string, _device: string, value: Known['value']): string | null {
  const profile = parseJson(value(person, 'profile') ?? '');
  return isObject(profile) && typeof profile.name === 'string' ? profile.name : null;
}
