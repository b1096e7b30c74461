import { sql } from 'kysely';
import type { Database } from './database.js';
import { isSound } from './sound.js';
import type { Statements } from './statements.js';

/** Whose, or of which device, a series is. */
export type SeriesOf = { readonly owner: number } | { readonly vendor: string; readonly device: string };

/** Points of one kind by rising time; times in milliseconds, as many values. */
export interface Points {
  readonly times: number[];
  readonly values: number[];
  /** How many there were, when each of these is the mean of several. */
  readonly thinnedFrom: number | null;
}

/** Readings as a chart has them. */
export class PagePoints {
  readonly #db: Database;
  readonly #statements: Statements;

  constructor(db: Database, statements: Statements) {
    this.#db = db;
    this.#statements = statements;
  }

  /**
   * Points that count and can be right, by rising time. Where there are more than `most`, the time from the first to the last is cut
   * into so many shares, and each that has points is given as their mean.
   */
  points(of: SeriesOf, kind: string, sinceMs: number, untilMs: number, most: number): Points {
    const whose = 'owner' in of ? 'owner' : 'device';
    const range = ['owner' in of ? of.owner : null, kind, sinceMs, untilMs];
    const from = 'owner' in of ? range : [...range, of.vendor, of.device];
    const among = () => {
      const points = this.#db.query
        .selectFrom('reading')
        .where(owned)
        .where('kind', '=', '')
        .where('time_ms', '>=', 0)
        .where('time_ms', '<=', 0);
      return whose === 'owner' ? points : points.where('vendor', '=', '').where('device', '=', '');
    };
    const plain = (): Points => {
      const [row] = this.#statements.rows<{ times: string; values: string }>(`points ${whose}`, from, () =>
        this.#db.query
          .selectFrom(among().where(isSound).select(['time_ms', 'value']).orderBy('time_ms').as('point'))
          .select([
            sql<string>`json_group_array(time_ms)`.as('times'),
            sql<string>`json_group_array(value)`.as('values'),
          ]),
      );
      return { times: numbers(row?.times), values: numbers(row?.values), thinnedFrom: null };
    };
    // Asked of the index alone, so that those of all devices are in it, and those that do not count.
    const [span] = this.#statements.rows<{ count: number; first: number; last: number }>('span', range, () =>
      this.#db.query
        .selectFrom('reading')
        .select([
          ({ fn }) => fn.countAll<number>().as('count'),
          sql<number>`min(time_ms)`.as('first'),
          sql<number>`max(time_ms)`.as('last'),
        ])
        .where(owned)
        .where('kind', '=', '')
        .where('time_ms', '>=', 0)
        .where('time_ms', '<=', 0),
    );
    if (span === undefined || span.count <= most) return plain();
    const width = Math.ceil((span.last - span.first + 1) / most);
    const [row] = this.#statements.rows<{ times: string; values: string; count: number | null }>(
      `shares ${whose}`,
      [...from, span.first, width],
      () =>
        this.#db.query
          .selectFrom(
            among()
              .where(isSound)
              .select([
                sql<number>`cast(round(avg(time_ms)) as integer)`.as('time_ms'),
                sql<number>`avg(value)`.as('value'),
                ({ fn }) => fn.countAll<number>().as('count'),
              ])
              .groupBy(sql`(time_ms - cast(? as integer)) / cast(? as integer)`)
              .as('share'),
          )
          .select([
            sql<string>`json_group_array(time_ms)`.as('times'),
            sql<string>`json_group_array(value)`.as('values'),
            sql<number | null>`sum(count)`.as('count'),
          ]),
    );
    const count = row?.count ?? 0;
    if (count <= most) return plain();
    return { times: numbers(row?.times), values: numbers(row?.values), thinnedFrom: count };
  }
}

/** Of a person, or with null of nobody: the same index for both. */
export const owned = sql<boolean>`owner is ?`;

/** The numbers of a JSON list; none of undefined. */
export function numbers(json: string | undefined): number[] {
  return json === undefined ? [] : (JSON.parse(json) as number[]);
}
