import type { Person } from '../model/person.js';
import type { VendorName } from '../model/vendor.js';
import { vendorNames } from '../model/vendor.js';
import type { Vendor } from '../vendors/vendor.js';
import type { Database } from './database.js';
import type { Moves } from './moves.js';
import type { People, PersonRow } from './people.js';
import { keyOf } from './people.js';

type IdsOf = Pick<Vendor, 'name' | 'idsOf'>;

/** Brings the people of the settings into the table, and those whom a scale may be told of out of it. */
export class SettingsPeople {
  readonly #db: Database;
  readonly #people: People;
  readonly #moves: Moves;
  readonly #vendors: readonly IdsOf[];

  constructor(db: Database, people: People, moves: Moves, vendors: readonly IdsOf[]) {
    this.#db = db;
    this.#people = people;
    this.#moves = moves;
    this.#vendors = vendors;
  }

  /**
   * Has the table say what the settings say; in a transaction. A person of the page with the name of one of the settings
   * is that one. Who is not in the settings any more is the page's from then on.
   */
  seed(settings: readonly Person[]): void {
    const taken = new Set<string>();
    const names = settings.map(({ name }) => unique(name, taken));
    const before = this.#people.rows().filter(({ origin }) => origin !== 'learnt');
    const kept = new Set<number>();
    const rowOf = new Map<Person, number>();
    for (const [i, person] of settings.entries()) {
      const name = names[i] ?? person.name;
      const free = before.filter(({ id }) => !kept.has(id));
      const row =
        free.find((each) => each.name === name) ??
        free.find((each) => each.origin === 'settings' && each.key === keyOf(name) && !taken.has(each.name));
      const id = this.#bring(person, name, row);
      kept.add(id);
      rowOf.set(person, id);
    }
    for (const row of before) {
      if (row.origin === 'settings' && !kept.has(row.id)) this.#leave(row);
    }
    this.#giveIds(settings, rowOf);
    for (const row of this.#people.rows()) {
      if (row.colour === null) this.#people.update(row, { colour: this.#people.freshColour() });
    }
    this.makeUpIds();
  }

  /** Gives ids of our own to people of the page whom a vendor never gave one; in a transaction. */
  makeUpIds(): void {
    const house = new Map(this.#rows().map((row) => [this.#personOf(row), row.id]));
    for (const { name: vendor, idsOf } of this.#vendors) {
      for (const [id, person] of idsOf([...house.keys()])) {
        const row = house.get(person);
        if (row === undefined || this.#people.holder(vendor, id) !== undefined) continue;
        this.#moves.giveId(row, { vendor, id }, 'made-up');
      }
    }
  }

  /** The people of the page as those of the settings are: what a scale may be told of them. */
  ofPage(): Person[] {
    return this.#rows()
      .filter(({ origin }) => origin === 'page')
      .map((row) => this.#personOf(row));
  }

  #rows(): PersonRow[] {
    return this.#people.rows().filter(({ origin }) => origin !== 'learnt');
  }

  /** Somebody who is not in the settings any more keeps all that is theirs. */
  #leave(row: PersonRow): void {
    this.#people.update(row, { origin: 'page', named_by: 'hand' });
    this.#db.run(
      this.#db.query
        .updateTable('person_id')
        .set({ given_by: 'hand' })
        .where('person', '=', row.id)
        .where('given_by', '=', 'settings'),
    );
  }

  /** Gives the `id` of the row. */
  #bring(person: Person, name: string, row: PersonRow | undefined): number {
    const facts = {
      origin: 'settings',
      named_by: 'settings',
      short_name: person.shortName,
      height_m: person.heightM,
      birth_date: person.birthDate,
      sex: person.sex,
      athlete: Number(person.athlete),
      weight_kg: person.weightKg,
    };
    if (row?.name !== name) this.#makeRoomFor(name);
    if (row === undefined) return this.#people.add({ key: name, name, colour: null, ...facts });
    if (row.name !== name) this.#people.rename(row.id, name, 'settings');
    this.#people.update(row, facts);
    return row.id;
  }

  /** Somebody whom a vendor calls by the same name is called by the id, too. */
  #makeRoomFor(name: string): void {
    const other = this.#people.named(name);
    if (other === undefined) return;
    const [id] = this.#idsOf(other.id);
    this.#people.rename(other.id, this.#people.freeName(name, id?.user_id ?? other.key), other.named_by);
  }

  #giveIds(settings: readonly Person[], rowOf: ReadonlyMap<Person, number>): void {
    const given = new Set<string>();
    for (const { name: vendor, idsOf } of this.#vendors) {
      for (const [id, person] of idsOf(settings)) {
        const row = rowOf.get(person);
        if (row === undefined) continue;
        given.add(`${vendor} ${id}`);
        const by = person.ids[vendor] === id ? 'settings' : 'made-up';
        const known = this.#idsOf(row).find((each) => each.vendor === vendor && each.user_id === id);
        if (known?.given_by !== by) this.#moves.giveId(row, { vendor, id }, by);
      }
    }
    for (const row of rowOf.values()) {
      for (const { vendor, user_id: id, given_by } of this.#idsOf(row)) {
        const isGone = given_by === 'settings' && !given.has(`${vendor} ${id}`);
        if (isGone) this.#moves.releaseId(row, { vendor: vendor as VendorName, id });
      }
    }
  }

  #idsOf(person: number) {
    const ids = this.#db.query.selectFrom('person_id').selectAll().where('person', '=', person);
    return this.#db.all(ids.orderBy('vendor').orderBy('user_id'));
  }

  #personOf(row: PersonRow): Person {
    const ids = this.#idsOf(row.id);
    const idAt = (vendor: VendorName): string | undefined => {
      const there = ids.filter((each) => each.vendor === vendor);
      return (there.find(({ given_by }) => given_by !== 'made-up') ?? there[0])?.user_id;
    };
    const known = vendorNames.flatMap((vendor) => {
      const id = idAt(vendor);
      return id === undefined ? [] : [[vendor, id] as const];
    });
    return {
      name: row.name,
      shortName: row.short_name ?? shortNameOf(row),
      heightM: row.height_m,
      birthDate: row.birth_date,
      sex: row.sex as Person['sex'],
      athlete: row.athlete === 1,
      weightKg: row.weight_kg,
      ids: Object.fromEntries(known),
    };
  }
}

/** The first letters of a name that a scale can show, or else the row's number. */
function shortNameOf({ name, id }: PersonRow): string {
  const letters = name
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 3);
  return letters === '' ? String(id % 1_000) : letters;
}

/** A name as none of those taken, which it then is among: the second of two `Ana` is `Ana (2)`. */
function unique(name: string, taken: Set<string>): string {
  let fresh = name;
  for (let again = 2; taken.has(fresh); again++) fresh = `${name} (${again})`;
  taken.add(fresh);
  return fresh;
}
