import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Kind } from '../model/quantity.js';
import { isOfScale } from '../model/quantity.js';
import type { Database } from './database.js';
import { blobBytes } from './database.js';
import { scaleKinds } from './kept-readings.js';
import type { Points, SeriesOf } from './page-points.js';
import { numbers, owned, PagePoints } from './page-points.js';
import type { PersonRow } from './people.js';
import type { DeviceTable, ExchangeTable, PersonIdTable, ReadingTable } from './schema.js';
import { isSound } from './sound.js';
import { Statements } from './statements.js';

/** A vendor's user id with the `id` of whose it is. */
export type PersonIdRow = Selectable<PersonIdTable>;

export type ReadingRow = Omit<ReadingTable, 'seq'> & { seq: number };

/** An exchange without its bodies. */
export type ExchangeRow = Pick<
  ExchangeTable,
  | 'started_at_us'
  | 'response_after_us'
  | 'answered'
  | 'reason'
  | 'vendor'
  | 'label'
  | 'device'
  | 'verdict'
  | 'refusals'
  | 'request_body_bytes'
  | 'response_body_bytes'
> & {
  id: number;
  /** The first bytes of the head where there is no label; null also for no bytes. */
  request_start: Uint8Array | null;
  /** Null when there was no response. */
  response_start: Uint8Array | null;
};

/** How many weigh-ins somebody has. */
export interface OwnerCount {
  owner: number;
  count: number;
}

/** The newest reading of a kind that is about a device or its room. */
export type ScaleReading = Pick<ReadingRow, 'vendor' | 'device' | 'kind' | 'value' | 'time_ms'>;

type DeviceKind = Pick<ReadingRow, 'kind' | 'vendor' | 'device'>;

/** What is told of the database by its newest rows: while these are the same, so is all but the devices' last visit. */
export interface Stamp {
  readonly seq: number;
  readonly retraction: number;
  readonly firstExchange: number;
  readonly lastExchange: number;
}

/** More readings are not looked through for one of a kind. */
const LOOKED_FOR_NEW = 20_000;

/** Behind all times of a kind and device. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/** More exchanges are not looked through at once for those of one device. */
const LOOKED_THROUGH = 50_000;

/** What the page alone asks. Each question is answered by an index, whatever the database holds. */
export class PageQueries {
  readonly #db: Database;
  readonly #statements: Statements;
  readonly #points: PagePoints;

  constructor(db: Database) {
    this.#db = db;
    this.#statements = new Statements(db);
    this.#points = new PagePoints(db, this.#statements);
  }

  /** A number that changes when another connection has committed something. */
  version(): number {
    return this.#db.pragma('data_version');
  }

  stamp(): Stamp {
    const ends = this.#statements.rows<Stamp>('stamp', [], () =>
      this.#db.query.selectNoFrom([
        sql<number>`ifnull((select max(seq) from reading), 0)`.as('seq'),
        sql<number>`ifnull((select max(id) from retraction), 0)`.as('retraction'),
        sql<number>`ifnull((select min(id) from exchange), 0)`.as('firstExchange'),
        sql<number>`ifnull((select max(id) from exchange), 0)`.as('lastExchange'),
      ]),
    );
    return ends[0] ?? { seq: 0, retraction: 0, firstExchange: 0, lastExchange: 0 };
  }

  /** Everybody, by name. */
  people(): PersonRow[] {
    return this.#statements.rows('people', [], () =>
      this.#db.query.selectFrom('person').selectAll().orderBy('name'),
    );
  }

  /** The vendors' user ids, those that we have made up too, with the `id` of whose they are. */
  personIds(): PersonIdRow[] {
    return this.#statements.rows('ids', [], () =>
      this.#db.query.selectFrom('person_id').selectAll().orderBy('vendor').orderBy('user_id'),
    );
  }

  /** The kinds that there are readings of, for a person or with null for those of nobody. */
  kindsOf(owner: number | null): string[] {
    const kinds: string[] = [];
    for (let last = ''; ; ) {
      const [next] = this.#statements.rows<{ kind: string | null }>('kinds', [owner, last], () =>
        this.#db.query
          .selectFrom('reading')
          .select(({ fn }) => fn.min<string | null>('kind').as('kind'))
          .where(owned)
          .where('kind', '>', ''),
      );
      if (next === undefined || next.kind === null) return kinds;
      last = next.kind;
      kinds.push(last);
    }
  }

  /** Times of readings of one kind, the newest first, from `untilMs` back. */
  times(owner: number | null, kind: string, untilMs: number, limit: number): number[] {
    const [row] = this.#statements.rows<{ times: string }>('times', [owner, kind, untilMs, limit], () =>
      this.#db.query
        .selectFrom(
          this.#db.query
            .selectFrom('reading')
            .select('time_ms')
            .where(owned)
            .where('kind', '=', '')
            .where('time_ms', '<=', 0)
            .orderBy('time_ms', 'desc')
            .limit(1)
            .as('newest'),
        )
        .select(sql<string>`json_group_array(time_ms)`.as('times')),
    );
    return numbers(row?.times);
  }

  /** All readings of one time, in the order in which they came to be known. */
  readingsAt(timeMs: number): ReadingRow[] {
    return this.#statements.rows('at', [timeMs], () =>
      this.#db.query.selectFrom('reading').selectAll().where('time_ms', '=', 0).orderBy('seq'),
    );
  }

  /** The newest weight of somebody that counts and can be right. */
  newestWeight(owner: number): ReadingRow | undefined {
    const [row] = this.#statements.rows<ReadingRow>('weight', [owner, 1], () =>
      this.#db.query
        .selectFrom('reading')
        .selectAll()
        .where(owned)
        .where('kind', '=', sql.lit('weight'))
        .where(isSound)
        .orderBy('time_ms', 'desc')
        .limit(1),
    );
    return row;
  }

  /** Weigh-ins that count and have a weight, of whom nobody knows whose they are. */
  unassigned(): number {
    const [row] = this.#statements.rows<{ count: number }>('unassigned', [], () =>
      this.#db.query
        .selectFrom('reading')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('owner', 'is', null)
        .where('kind', '=', sql.lit('weight'))
        .where('counts', '=', sql.lit(1))
        .where(sql<boolean>`owned_by is not 'hand'`),
    );
    return row?.count ?? 0;
  }

  /**
   * How many weigh-ins of everybody count, by readings up to a `seq`. It looks at all readings, in the order in which they
   * stand on disk, which takes a third of the time that the index of owners would; {@link newWeighIns} is for what comes
   * later.
   */
  weighIns(upTo = Number.MAX_SAFE_INTEGER): OwnerCount[] {
    return this.#statements.rows('weigh-ins', [upTo], () =>
      this.#db.query
        .selectFrom(
          this.#db.query
            .selectFrom('reading')
            .select(['owner', 'time_ms', 'vendor', 'device', 'person'])
            .distinct()
            .where(sql<boolean>`+owner > 0`)
            .where('counts', '=', sql.lit(1))
            .where('seq', '<=', 0)
            .as('weigh_in'),
        )
        .select([sql<number>`owner`.as('owner'), ({ fn }) => fn.countAll<number>().as('count')])
        .groupBy('owner'),
    );
  }

  /** How many more there are by the readings behind one `seq`, up to another. */
  newWeighIns(after: number, upTo: number): OwnerCount[] {
    return this.#statements.rows('new weigh-ins', [after, upTo, after], () =>
      this.#db.query
        .selectFrom(
          this.#db.query
            .selectFrom('reading')
            .select(['owner', 'time_ms', 'vendor', 'device', 'person'])
            .distinct()
            .where('seq', '>', 0)
            .where('seq', '<=', 0)
            .where('counts', '=', sql.lit(1))
            .where(sql<boolean>`+owner is not null`)
            .as('weigh_in'),
        )
        .select([sql<number>`owner`.as('owner'), ({ fn }) => fn.countAll<number>().as('count')])
        // The rest of a weigh-in that is there already. The unary plus keeps SQLite to the index of times.
        .where(
          sql<boolean>`not exists (select 1 from reading as old where old.time_ms = weigh_in.time_ms
            and old.seq <= ? and +old.owner = weigh_in.owner and old.vendor = weigh_in.vendor
            and old.device = weigh_in.device and old.person is weigh_in.person and old.counts = 1)`,
        )
        .groupBy('owner'),
    );
  }

  /** The newest of each kind that is about a device; with a `seq` only of those with a higher one. */
  newestOfScales(seq: number): ScaleReading[] {
    if (seq === 0) return this.#kindsOfDevices().flatMap((of) => this.#newestOfDevice(of));
    const kinds = sql.join(scaleKinds.map((kind) => sql.lit(kind)));
    return this.#statements.rows('new scales', [seq], () =>
      this.#db.query
        .selectFrom('reading')
        // Where there is a max, SQLite takes the other columns from the row that has it.
        .select(['vendor', 'device', 'kind', 'value', ({ fn }) => fn.max<number>('time_ms').as('time_ms')])
        .where('seq', '>', 0)
        .where(sql<boolean>`+kind in (${kinds})`)
        .groupBy(['kind', 'vendor', 'device']),
    );
  }

  /** Which devices have readings of which kinds that are about them; from one to the next by the index. */
  #kindsOfDevices(): DeviceKind[] {
    const found: DeviceKind[] = [];
    for (let last: DeviceKind = { kind: '', vendor: '', device: '' }; ; ) {
      const [next] = this.#statements.rows<DeviceKind>(
        'next of devices',
        [last.kind, last.vendor, last.device],
        // SQLite would take the index by owners, and go through all readings of each kind.
        () => ({
          compile: () =>
            sql<DeviceKind>`SELECT kind, vendor, device FROM reading INDEXED BY reading_by_device
              WHERE owner IS NULL AND (kind, vendor, device, time_ms) > (?, ?, ?, ${sql.lit(END_OF_TIME)})
              ORDER BY kind, vendor, device LIMIT 1`.compile(this.#db.query),
        }),
      );
      if (next === undefined) return found.filter(({ kind }) => isOfScale(kind as Kind));
      found.push(next);
      last = next;
    }
  }

  #newestOfDevice({ kind, vendor, device }: DeviceKind): ScaleReading[] {
    return this.#statements.rows('newest of a device', [kind, vendor, device], () =>
      this.#db.query
        .selectFrom('reading')
        .select(['vendor', 'device', 'kind', 'value', 'time_ms'])
        .where('owner', 'is', null)
        .where('kind', '=', '')
        .where('vendor', '=', '')
        .where('device', '=', '')
        .orderBy('time_ms', 'desc')
        .limit(sql.lit(1)),
    );
  }

  /** The devices that exchanges have come from. */
  devices(): DeviceTable[] {
    return this.#statements.rows('devices', [], () =>
      this.#db.query.selectFrom('device').selectAll().orderBy('vendor').orderBy('device'),
    );
  }

  /** Whether a reading of a kind may have come behind one `seq`, up to another: told in less time than its points take. */
  hasNew(of: SeriesOf, kind: string, after: number, upTo: number): boolean {
    if (after === upTo) return false;
    if (upTo - after > LOOKED_FOR_NEW) return true;
    const owner = 'owner' in of ? of.owner : null;
    const found = this.#statements.rows('new of a kind', [after, kind, owner], () =>
      this.#db.query
        .selectFrom('reading')
        .select('seq')
        .where('seq', '>', 0)
        .where(sql<boolean>`+kind = ?`)
        .where(sql<boolean>`+owner is ?`)
        .limit(sql.lit(1)),
    );
    return found.length > 0;
  }

  /** {@link PagePoints.points} */
  points(of: SeriesOf, kind: string, sinceMs: number, untilMs: number, most: number): Points {
    return this.#points.points(of, kind, sinceMs, untilMs, most);
  }

  /**
   * Exchanges below an id, the newest first, without their bodies. With a device only its own among the next so many:
   * `lookedFrom` is the lowest id that was looked at, null when there is none below.
   */
  exchanges(
    below: number,
    limit: number,
    device?: string,
  ): { rows: ExchangeRow[]; lookedFrom: number | null } {
    const { firstExchange, lastExchange } = this.stamp();
    const top = Math.min(below, lastExchange + 1);
    const from = device === undefined ? firstExchange : Math.max(firstExchange, top - LOOKED_THROUGH);
    const rows = this.#statements.rows<ExchangeRow>(
      device === undefined ? 'exchanges' : 'exchanges of a device',
      device === undefined ? [top, from, limit] : [top, from, device, limit],
      () => {
        const newest = this.#exchanges().where('id', '<', 0).where('id', '>=', 0);
        const mine = device === undefined ? newest : newest.where('device', '=', '');
        return mine.orderBy('id', 'desc').limit(1);
      },
    );
    const last = rows.length < limit ? from : (rows.at(-1)?.id ?? from);
    return { rows: rows.map(withBytes), lookedFrom: last > firstExchange ? last : null };
  }

  /** The newest so many exchanges above an id, the oldest first. */
  exchangesAfter(id: number, limit: number): ExchangeRow[] {
    return this.#statements
      .rows<ExchangeRow>('new exchanges', [id, limit], () =>
        this.#exchanges().where('id', '>', 0).orderBy('id', 'desc').limit(1),
      )
      .reverse()
      .map(withBytes);
  }

  /** Whether an exchange is still kept. */
  hasExchange(id: number): boolean {
    const found = this.#statements.rows('exchange', [id], () =>
      this.#db.query.selectFrom('exchange').select('id').where('id', '=', 0),
    );
    return found.length > 0;
  }

  #exchanges() {
    return this.#db.query
      .selectFrom('exchange')
      .select(['id', 'started_at_us', 'response_after_us', 'answered', 'reason', 'vendor', 'label'])
      .select(['device', 'verdict', 'refusals', 'request_body_bytes', 'response_body_bytes'])
      .select([
        sql<Uint8Array | null>`iif(label = '', substr(request_head, 1, 2048), null)`.as('request_start'),
        sql<Uint8Array | null>`substr(response_head, 1, 32)`.as('response_start'),
      ]);
  }
}

function withBytes(row: ExchangeRow): ExchangeRow {
  const { request_start: request, response_start: response } = row;
  return {
    ...row,
    request_start: request && blobBytes(request),
    response_start: response && blobBytes(response),
  };
}
