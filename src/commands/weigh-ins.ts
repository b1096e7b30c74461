import type { Settings } from '../config/schema.js';
import { UsageError, UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { WeighInKey } from '../model/weigh-in.js';
import { weighInId } from '../model/weigh-in.js';
import type { Store } from '../store/store.js';
import { vendorNamed } from '../vendors/index.js';
import { changeIn } from './change-in.js';
import type { Filter } from './filters.js';
import { filterOf } from './filters.js';
import { localTime, print } from './output.js';
import { newest, readingsWanted } from './wanted.js';
import type { ListedWeighIn } from './weigh-in-list.js';
import { shortId, timeOf, weighInJson, weighInsIn, weighInTable } from './weigh-in-list.js';
import { NOBODY, namesOf, theOneCalled } from './whose.js';
import { withStore } from './with-store.js';

/** How many weigh-ins are listed unless told otherwise. */
const MOST = 50;

/** `scaletap weigh-ins [list]`: whose they are and how that is known, the newest last. */
export async function list(settings: Settings): Promise<number> {
  const filter = filterOf(settings);
  return withStore(settings, async (store) => {
    const found = newestWeighIns(store, filter, settings.person, settings.limit ?? MOST);
    if (settings.json) for (const weighIn of found) await print(`${weighInJson(weighIn)}\n`);
    else await print(weighInTable(found, namesOf(store.people.list())));
  });
}

/** How many readings a weigh-in may have, with those of the room around it: a guess, made larger until it does. */
const READINGS_EACH = 40;

function newestWeighIns(
  store: Store,
  filter: Filter,
  person: string | null,
  limit: number,
): readonly ListedWeighIn[] {
  for (let most = limit * READINGS_EACH; ; most *= 8) {
    const readings = readingsWanted(store, filter, { person, limit: most });
    const found = weighInsIn(readings);
    // The first of them may have lost readings to the limit.
    if (found.length > limit || readings.length < most) return newest(found, limit);
  }
}

/** `scaletap weigh-ins give ID PERSON`: by any word for the person, or `nobody`. */
export async function give(settings: Settings, [id = '', whom = '']: readonly string[]): Promise<number> {
  return withStore(settings, async (store) => {
    const weighIn = theWeighIn(store, id);
    const person = whom === NOBODY ? null : theOneCalled(store.people.list(), whom);
    const owner = person?.key ?? null;
    changeIn(store, { change: 'weigh-in', weighIn: weighInId(weighIn), owner });
    const whose = person === null ? "nobody's" : `that of ${printable(person.name)}`;
    await print(`${weighIn.told} is ${whose} now\n`);
  });
}

/** `scaletap weigh-ins drop ID...`: they are kept, and not counted. */
export async function drop(settings: Settings, ids: readonly string[]): Promise<number> {
  return changeAll(settings, ids, { counts: false }, 'does not count any more');
}

/** `scaletap weigh-ins count ID...`: the way back from {@link drop}. */
export async function count(settings: Settings, ids: readonly string[]): Promise<number> {
  return changeAll(settings, ids, { counts: true }, 'counts');
}

/** `scaletap weigh-ins reset ID...`: whose they are, and whether they count, is found out again. */
export async function reset(settings: Settings, ids: readonly string[]): Promise<number> {
  return changeAll(settings, ids, { reset: true }, 'is as it was found');
}

/** All ids must be there, or nothing is changed. */
async function changeAll(
  settings: Settings,
  ids: readonly string[],
  how: { readonly counts: boolean } | { readonly reset: true },
  done: string,
): Promise<number> {
  return withStore(settings, async (store) => {
    const weighIns = ids.map((id) => theWeighIn(store, id));
    for (const weighIn of weighIns) {
      changeIn(store, { change: 'weigh-in', weighIn: weighInId(weighIn), ...how });
      await print(`${weighIn.told} ${done}\n`);
    }
  });
}

/** A weigh-in that is to be changed. */
interface Found extends WeighInKey {
  /** `66.85 kg of 2026-01-31 06:30:01 +01:00` */
  readonly told: string;
}

/** Throws a {@link UsageError} for what is no id, and a {@link UserError} where nothing has it. */
function theWeighIn(store: Store, id: string): Found {
  const timeMs = timeOf(id);
  if (timeMs === null) {
    throw new UsageError(
      `${id} is not the id of a weigh-in, such as 85b36f96-ml1xmwbs; scaletap weigh-ins shows them`,
    );
  }
  const found = store.page.readingsAt(timeMs).flatMap(({ vendor: name, device, person, kind, value }) => {
    const vendor = vendorNamed(name)?.name;
    const key = vendor && { vendor, device, timeMs, person };
    return key && shortId(key) === id ? [{ key, kind, value }] : [];
  });
  const [first] = found;
  if (first === undefined) {
    throw new UserError(
      `there is no weigh-in ${id} in ${store.file}, so nothing was changed; scaletap weigh-ins shows them`,
    );
  }
  const weight = found.find(({ kind }) => kind === 'weight');
  const what = weight === undefined ? 'what was measured' : `${weight.value} kg`;
  return { ...first.key, told: `${what} of ${localTime(timeMs)}` };
}
