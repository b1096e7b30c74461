import type { Kind } from '../model/quantity.js';
import { isOfScale } from '../model/quantity.js';
import type { SeriesOf } from '../store/page-points.js';
import type { Household } from './household.js';
import { shownKind } from './kinds.js';
import { NoAnswer } from './no-answer.js';
import type { Answers, Queries } from './shapes.js';

/** What a chart can show, and more: a screen has fewer columns. */
const MOST_POINTS = 4_000;

/** So many kinds at once; a weigh-in has fewer. */
const MOST_KINDS = 100;

/** Points that count of some kinds, of a person or a device, in the order asked for. Throws {@link NoAnswer}. */
export function series(house: Household, query: Queries['series']): Answers['series'] {
  const { sinceMs = Number.MIN_SAFE_INTEGER, untilMs = Number.MAX_SAFE_INTEGER } = query;
  const kinds = [...new Set(query.kinds)];
  if (kinds.length === 0) throw new NoAnswer(400, 'say which kinds');
  if (kinds.length > MOST_KINDS) throw new NoAnswer(400, `no more than ${MOST_KINDS} kinds at once`);
  const of = whose(house, query, kinds);
  return {
    series: kinds.map((kind) => {
      const { times, values, thinnedFrom } = house.points(of, kind, sinceMs, untilMs, MOST_POINTS);
      return { ...shownKind(kind), timesMs: times, values, thinned: thinnedFrom !== null };
    }),
  };
}

function whose(house: Household, { person, device }: Queries['series'], kinds: readonly string[]): SeriesOf {
  if (person !== undefined && device === undefined) return { owner: house.person(person).id };
  if (person !== undefined || device === undefined) {
    throw new NoAnswer(400, 'say whose readings: those of a person, or of a device');
  }
  const stranger = kinds.find((kind) => !isOfScale(kind as Kind));
  if (stranger !== undefined) throw new NoAnswer(400, `${stranger} is of people; ask for that of a person`);
  const space = device.indexOf(' ');
  if (space < 1)
    throw new NoAnswer(400, 'a device is asked for by its vendor and address, a space between them');
  return { vendor: device.slice(0, space), device: device.slice(space + 1) };
}
