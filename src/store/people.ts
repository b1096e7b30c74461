import type { VendorId } from '../model/change.js';
import type { Owner } from '../model/person.js';
import type { VendorName } from '../model/vendor.js';
import { colours, fewest } from './colours.js';
import type { Corrections } from './corrections.js';
import type { Database, Prepared } from './database.js';
import type { PersonTable } from './schema.js';

/** A person as the table has it. */
export type PersonRow = Omit<PersonTable, 'id'> & { readonly id: number };

/** How a vendor's user id came to a person. */
export type IdGiver =
  /** It was seen at the vendor. */
  | 'seen'
  /** The settings say so. */
  | 'settings'
  /** It was made up for somebody to whom the vendor never gave one. */
  | 'made-up'
  /** Somebody has said so. */
  | 'hand';

/** A person as others see one. */
export interface StoredPerson extends Owner {
  readonly origin: 'settings' | 'learnt' | 'page';
  readonly shortName: string | null;
  /** `#1f77b4` */
  readonly colour: string;
  /** Without those that we have made up. */
  readonly ids: readonly VendorId[];
  readonly heightM: number | null;
  /** `1992-08-14` */
  readonly birthDate: string | null;
  readonly sex: 'female' | 'male' | null;
}

/** What a vendor calls a person, by what it told a device; null when it does not. */
export type NameOf = (vendor: string, id: string, device: string) => string | null;

const NAME_LENGTH = 64;
const KEY_LENGTH = 60;

/** The people whose readings these are. What changes them is called in a transaction. */
export class People {
  readonly #db: Database;
  readonly #corrections: Corrections;
  readonly #nameOf: NameOf;
  readonly #ids: Prepared<{ vendor: string; user_id: string; person: number }>;
  readonly #unnamed: Prepared<{ vendor: string; user_id: string; person: number }>;
  /** By vendor and user id; null when it must be read. */
  #owners: Map<string, Map<string, number>> | null = null;
  /** Whether there is anybody whose name the vendor has not told. */
  #anyUnnamed = true;
  #dataVersion = -1;

  constructor(db: Database, corrections: Corrections, nameOf: NameOf) {
    this.#db = db;
    this.#corrections = corrections;
    this.#nameOf = nameOf;
    const ids = db.query.selectFrom('person_id').select(['vendor', 'user_id', 'person']);
    this.#ids = db.prepare(ids);
    this.#unnamed = db.prepare(
      ids.innerJoin('person', 'person.id', 'person_id.person').where('person.named_by', '=', 'id'),
    );
  }

  /** By name. */
  list(): StoredPerson[] {
    const rows = this.#db.all(this.#db.query.selectFrom('person').selectAll().orderBy('name'));
    return this.#withIds(rows);
  }

  get(key: string): StoredPerson | undefined {
    const row = this.row(key);
    return row && this.#withIds([row])[0];
  }

  row(key: string): PersonRow | undefined {
    return this.#db.all(this.#db.query.selectFrom('person').selectAll().where('key', '=', key))[0];
  }

  rows(): PersonRow[] {
    return this.#db.all(this.#db.query.selectFrom('person').selectAll().orderBy('id'));
  }

  named(name: string): PersonRow | undefined {
    return this.#db.all(this.#db.query.selectFrom('person').selectAll().where('name', '=', name))[0];
  }

  /** The person behind a vendor's user id, by `id`; one who was never seen is made. */
  owner(vendor: string, id: string, device: string): number {
    return this.#known().get(vendor)?.get(id) ?? this.#learn(vendor, id, device);
  }

  /** The person behind a vendor's user id, by `id`. */
  holder(vendor: string, id: string): number | undefined {
    return this.#known().get(vendor)?.get(id);
  }

  /** Calls those by their names whose vendor has told them only now, in the values of a device. */
  nameFrom(vendor: string, device: string): void {
    this.#known();
    if (!this.#anyUnnamed) return;
    for (const each of this.#unnamed.all(['id'])) {
      if (each.vendor === vendor) this.#name(each.person, vendor, each.user_id, device);
    }
    this.forget();
  }

  /** Adds a person; the key is made of `key`. Gives its `id`. */
  add(person: Omit<PersonRow, 'id' | 'athlete' | 'weight_kg'> & Partial<PersonRow>): number {
    const row = { athlete: 0, weight_kg: null, ...person };
    this.#db.run(
      this.#db.query
        .insertInto('person')
        .values({ ...row, key: this.#freeKey(person.key), colour: person.colour ?? this.freshColour() }),
    );
    const [added] = this.#db.all(
      this.#db.query.selectFrom('person').select('id').where('name', '=', person.name),
    );
    if (added === undefined) throw new Error(`no person ${person.name} after the insert`);
    return added.id;
  }

  /** Has a person's row as it is to be; a name is changed by {@link rename}. */
  update(row: PersonRow, facts: Partial<Omit<PersonRow, 'id' | 'key' | 'name'>>): void {
    const isSame = Object.entries(facts).every(([name, value]) => row[name as keyof PersonRow] === value);
    if (isSame) return;
    this.#db.run(this.#db.query.updateTable('person').set(facts).where('id', '=', row.id));
  }

  /** Calls a person otherwise; nobody else may have that name. */
  rename(id: number, name: string, namedBy: string): void {
    this.#corrections.person(id);
    this.#db.run(this.#db.query.updateTable('person').set({ name, named_by: namedBy }).where('id', '=', id));
  }

  /** Removes a person, who has no readings any more. */
  remove(id: number): void {
    this.#db.run(this.#db.query.deleteFrom('person_id').where('person', '=', id));
    this.#db.run(this.#db.query.deleteFrom('person').where('id', '=', id));
    this.forget();
  }

  /** A name that nobody has: with more behind it if somebody has it. */
  freeName(name: string, more: string): string {
    const start = name.slice(0, NAME_LENGTH);
    if (this.named(start) === undefined) return start;
    for (let again = 1; ; again++) {
      const end = again === 1 ? ` (${more})` : ` (${more}, ${again})`;
      const longer = `${name.slice(0, NAME_LENGTH - end.length)}${end}`;
      if (this.named(longer) === undefined) return longer;
    }
  }

  /** Forgets what is in memory if another process has written; to be called first in a transaction. */
  refresh(): void {
    const version = this.#db.pragma('data_version');
    if (version !== this.#dataVersion) this.forget();
    this.#dataVersion = version;
  }

  /** Forgets what is in memory: it has changed, or a transaction was rolled back. */
  forget(): void {
    this.#owners = null;
  }

  #known(): Map<string, Map<string, number>> {
    if (this.#owners !== null) return this.#owners;
    const owners = new Map<string, Map<string, number>>();
    for (const { vendor, user_id: id, person } of this.#ids.all([])) {
      const ofVendor = owners.get(vendor) ?? new Map<string, number>();
      owners.set(vendor, ofVendor.set(id, person));
    }
    this.#anyUnnamed = this.#unnamed.all(['id']).length > 0;
    this.#owners = owners;
    return owners;
  }

  #learn(vendor: string, id: string, device: string): number {
    const person = this.add({
      key: `${vendor}-${id}`,
      origin: 'learnt',
      name: this.freeName(shown(`${vendor} ${id}`), id),
      named_by: 'id',
      ...{ short_name: null, colour: null, height_m: null, birth_date: null, sex: null },
    });
    this.#db.run(
      this.#db.query.insertInto('person_id').values({ vendor, user_id: id, person, given_by: 'seen' }),
    );
    const known = this.#known();
    known.set(vendor, (known.get(vendor) ?? new Map<string, number>()).set(id, person));
    this.#anyUnnamed = true;
    this.#name(person, vendor, id, device);
    return person;
  }

  #name(person: number, vendor: string, id: string, device: string): void {
    const name = shown(this.#nameOf(vendor, id, device) ?? '');
    if (name !== '') this.rename(person, this.freeName(name, id), 'vendor');
  }

  #freeKey(wanted: string): string {
    const base = keyOf(wanted);
    for (let again = 1; ; again++) {
      const key = again === 1 ? base : `${base}-${again}`;
      if (key !== 'nobody' && this.row(key) === undefined) return key;
    }
  }

  /** The colour that the fewest have. */
  freshColour(): string {
    return fewest(
      this.#db.all(this.#db.query.selectFrom('person').select('colour')).map(({ colour }) => colour),
    );
  }

  #withIds(rows: readonly PersonRow[]): StoredPerson[] {
    const ids = this.#db.all(
      this.#db.query
        .selectFrom('person_id')
        .selectAll()
        .where('given_by', '<>', 'made-up')
        .orderBy('vendor')
        .orderBy('user_id'),
    );
    return rows.map((row) => ({
      key: row.key,
      name: row.name,
      origin: row.origin as StoredPerson['origin'],
      shortName: row.short_name,
      colour: row.colour ?? colours[row.id % colours.length] ?? '#808080',
      ids: ids
        .filter(({ person }) => person === row.id)
        .map(({ vendor, user_id }) => ({ vendor: vendor as VendorName, id: user_id })),
      heightM: row.height_m,
      birthDate: row.birth_date,
      sex: row.sex as StoredPerson['sex'],
    }));
  }
}

/** What can be shown of a name, on one line; empty when nothing of it can be seen. */
function shown(name: string): string {
  if (!/[^\p{Cc}\p{Cs}\p{DI}\p{M}\p{Z}\u2800]/u.test(name)) return '';
  return name.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ').trim();
}

/** The key that somebody of a name gets if nobody has it. */
export function keyOf(name: string): string {
  const start = name
    .normalize('NFD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, KEY_LENGTH)
    .replace(/^-|-$/g, '');
  return start === '' ? 'person' : start;
}
