import type { Change, Changed, PersonFacts, VendorId } from '../model/change.js';
import type { Kind } from '../model/quantity.js';
import { isOfScale } from '../model/quantity.js';
import type { WeighInKey } from '../model/weigh-in.js';
import { weighInKey } from '../model/weigh-in.js';
import type { Corrections } from './corrections.js';
import type { Database } from './database.js';
import { keptReadingOf, keptReadings } from './kept-readings.js';
import type { Moves } from './moves.js';
import type { Ownership } from './ownership.js';
import type { People, PersonRow } from './people.js';

const done = (key: string | null): Changed => ({ done: true, key });
const unknown = (message: string): Changed => ({ done: false, why: 'unknown', message });
const conflict = (message: string): Changed => ({ done: false, why: 'conflict', message });
const nobody = (key: string): Changed => unknown(`there is no person ${key}`);

type Of<Name extends Change['change']> = Extract<Change, { readonly change: Name }>;

/** What somebody wants otherwise about people and weigh-ins. All of it is called in a transaction. */
export class Changes {
  readonly #db: Database;
  readonly #people: People;
  readonly #moves: Moves;
  readonly #corrections: Corrections;
  readonly #ownership: Ownership;

  constructor(db: Database, people: People, moves: Moves, corrections: Corrections, ownership: Ownership) {
    this.#db = db;
    this.#people = people;
    this.#moves = moves;
    this.#corrections = corrections;
    this.#ownership = ownership;
  }

  make(change: Change): Changed {
    switch (change.change) {
      case 'add-person':
        return this.#add(change);
      case 'edit-person':
        return this.#edit(change);
      case 'remove-person':
        return this.#remove(change);
      case 'merge-person':
        return this.#merge(change);
      case 'weigh-in':
        return this.#weighIn(change);
    }
  }

  #add({ person }: Of<'add-person'>): Changed {
    const problem = this.#nameTaken(person.name) ?? this.#idTaken(person.ids, undefined);
    if (problem !== undefined) return problem;
    const { name, ids, ...facts } = person;
    const id = this.#people.add({
      ...{ key: name, origin: 'page', name, named_by: 'hand', short_name: null, colour: null },
      ...{ height_m: null, birth_date: null, sex: null },
      ...columnsOf(facts),
    });
    for (const each of ids) this.#moves.giveId(id, each, 'hand');
    return done(this.#people.named(name)?.key ?? null);
  }

  #edit({ key, person }: Of<'edit-person'>): Changed {
    const row = this.#people.row(key);
    const known = this.#people.get(key);
    if (row === undefined || known === undefined) return nobody(key);
    const { name, ids, ...facts } = person;
    const columns = columnsOf(facts);
    // One that is to be chosen has been.
    if (columns.colour === null) delete columns.colour;
    const given = ids?.filter((id) => !known.ids.some((each) => isSame(each, id))) ?? [];
    const released = ids === undefined ? [] : known.ids.filter((id) => !ids.some((each) => isSame(each, id)));
    const isRenamed = name !== undefined && name !== row.name;
    if (row.origin === 'settings') {
      const fields = Object.entries(columns).flatMap(([column, value]) =>
        column === 'colour' || row[column as keyof PersonRow] === value ? [] : [column.replace('_', ' ')],
      );
      if (isRenamed) fields.unshift('name');
      if (given.length + released.length > 0) fields.push('ids');
      if (fields.length > 0) {
        return conflict(
          `${row.name} is a person of the settings: change ${fields.join(', ')} in scaletap.yaml, and start scaletap again`,
        );
      }
    }
    const problem = (isRenamed ? this.#nameTaken(name) : undefined) ?? this.#idTaken(given, row.id);
    if (problem !== undefined) return problem;
    this.#people.update(row, columns);
    if (isRenamed) this.#people.rename(row.id, name, 'hand');
    for (const id of given) this.#moves.giveId(row.id, id, 'hand');
    for (const id of released) this.#moves.releaseId(row.id, id);
    return done(key);
  }

  #remove({ key }: Of<'remove-person'>): Changed {
    const row = this.#people.row(key);
    if (row === undefined) return nobody(key);
    if (row.origin === 'settings') return ofSettings(row);
    const ids = this.#people.get(key)?.ids ?? [];
    if (ids.length > 0) {
      const [{ vendor, id } = { vendor: '', id: '' }] = ids;
      return conflict(
        `${row.name} has the id ${id} of ${vendor}: what comes with it is theirs. Give it to somebody else, or merge the two`,
      );
    }
    const reading = this.#db.query.selectFrom('reading').select('seq').where('owner', '=', row.id).limit(1);
    if (this.#db.all(reading).length > 0) {
      return conflict(`${row.name} has weigh-ins: give them to somebody else, or merge the two`);
    }
    this.#people.remove(row.id);
    return done(key);
  }

  #merge({ key, into }: Of<'merge-person'>): Changed {
    const from = this.#people.row(key);
    const to = this.#people.row(into);
    if (from === undefined) return nobody(key);
    if (to === undefined) return nobody(into);
    if (from.id === to.id) return conflict(`${from.name} cannot be merged into the same person`);
    if (from.origin === 'settings') return ofSettings(from);
    this.#moves.merge(from.id, to.id);
    return done(into);
  }

  #weighIn({ weighIn, owner, counts, reset }: Of<'weigh-in'>): Changed {
    const key = weighInKey(weighIn);
    const rows = key === null ? [] : this.#rowsOf(key);
    if (key === null || rows.length === 0) return unknown('there is no such weigh-in');
    const person = owner === undefined || owner === null ? owner : this.#people.row(owner);
    if (typeof owner === 'string' && person === undefined) return nobody(owner);
    const body = rows.filter(({ kind }) => !isOfScale(kind as Kind));
    if (body.length === 0) return conflict('that is of the scale or the room, and nobody’s weigh-in');
    const whose = reset === true ? this.#ownership.found(body.map(keptReadingOf)) : undefined;
    const said = {
      ...(whose && { owner: whose.owner, owned_by: whose.ownedBy }),
      ...(person !== undefined && { owner: person?.id ?? null, owned_by: 'hand' }),
      ...(counts !== undefined && { counts: Number(counts), counted_by: 'hand' }),
    };
    const wanted = body.map((row) => ({
      ...row,
      ...(reset === true && { counts: Number(!row.quality?.includes('deleted')), counted_by: null }),
      ...said,
    }));
    if (wanted.some((row, i) => row.owner !== body[i]?.owner || row.counts !== body[i]?.counts)) {
      for (const before of new Set(body.map((row) => row.owner))) {
        this.#corrections.weighIn(key.vendor, key.device, key.timeMs, before);
      }
    }
    for (const { id, owner, owned_by, counts, counted_by } of wanted) {
      const columns = { owner, owned_by, counts, counted_by };
      this.#db.run(this.#db.query.updateTable('reading').set(columns).where('id', '=', id));
    }
    return done(this.#keyOf(wanted[0]?.owner ?? null));
  }

  #rowsOf({ vendor, device, timeMs, person }: WeighInKey) {
    return this.#db.all(
      keptReadings(this.#db)
        .where('reading.time_ms', '=', timeMs)
        .where('reading.device', '=', device)
        .where('reading.vendor', '=', vendor)
        .where('reading.person', person === null ? 'is' : '=', person),
    );
  }

  #keyOf(id: number | null): string | null {
    if (id === null) return null;
    const [row] = this.#db.all(this.#db.query.selectFrom('person').select('key').where('id', '=', id));
    return row?.key ?? null;
  }

  #nameTaken(name: string): Changed | undefined {
    const other = this.#people.named(name);
    return other && conflict(`somebody is called ${name} already; take another name, or merge the two`);
  }

  /** Only what a vendor told of somebody is given to another one without more ado. */
  #idTaken(ids: readonly VendorId[], by: number | undefined): Changed | undefined {
    for (const { vendor, id } of ids) {
      const holder = this.#people.holder(vendor, id);
      const other = this.#people.rows().find((row) => row.id === holder);
      if (other === undefined || other.id === by || other.origin === 'learnt') continue;
      const where = other.origin === 'settings' ? 'change it in scaletap.yaml' : 'take it from there first';
      return conflict(`the id ${id} of ${vendor} is of ${other.name}; ${where}`);
    }
    return undefined;
  }
}

function ofSettings({ name }: PersonRow): Changed {
  return conflict(`${name} is a person of the settings: take them out of scaletap.yaml first`);
}

function isSame(one: VendorId, other: VendorId): boolean {
  return one.vendor === other.vendor && one.id === other.id;
}

/** The columns of the facts that are given. */
function columnsOf(facts: Partial<Omit<PersonFacts, 'name' | 'ids'>>) {
  const { shortName, colour, heightM, birthDate, sex } = facts;
  const columns: Partial<Pick<PersonRow, 'short_name' | 'colour' | 'height_m' | 'birth_date' | 'sex'>> = {};
  if (shortName !== undefined) columns.short_name = shortName;
  if (colour !== undefined) columns.colour = colour;
  if (heightM !== undefined) columns.height_m = heightM;
  if (birthDate !== undefined) columns.birth_date = birthDate;
  if (sex !== undefined) columns.sex = sex;
  return columns;
}
