import type { Marks, Wanted } from './marks.js';
import type { PullPlace } from './place.js';
import type { Polite } from './polite.js';
import type { Row } from './rows.js';

/** What the pull of either API works with. */
export interface Lists {
  readonly polite: Polite;
  readonly place: PullPlace;
  readonly marks: Marks;
  readonly wanted: Wanted;
  /** The account's values by their names. */
  readonly values: ReadonlyMap<string, string>;
  /** Is given the rows of every answer, those that came before included. */
  readonly onRows: (rows: readonly Row[], person: string) => void;
  /** Is told how many lists are done, out of how many. */
  readonly onList: (done: number, of: number) => void;
  /** Is told of a list that could not be had; the pull goes on with the next. */
  readonly onProblem: (problem: string) => void;
}
