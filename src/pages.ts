import type { Settings } from './config/schema.js';
import type { Log } from './log.js';
import type { Change, Changed } from './model/change.js';
import { orWithout, placesOf } from './places.js';
import type { Views } from './views/views.js';
import { Access } from './web/access.js';
import type { PageAnswer, PageRequest } from './web/answer.js';
import type { ApiParts } from './web/api.js';
import type { Web } from './web/server.js';
import { startWeb } from './web/server.js';
import type { Status } from './web/status.js';
import type { Endpoint } from './wire/address.js';

const WEB = { host: '127.0.0.1', port: 8080 } as const;

/** What the rest of scaletap gives. */
interface PageParts {
  /** Answers below `/setup/`. */
  setup(request: PageRequest): PageAnswer;
  status(): Promise<Status>;
  /** Makes a change in the store; undefined while that cannot answer. */
  change(change: Change): Promise<Changed | undefined>;
  readonly standIn: ApiParts['standIn'];
  readonly log: Log;
}

/** The web servers, while they run. */
export interface Pages {
  readonly listeners: readonly Endpoint[];
  close(): Promise<void>;
}

/**
 * Starts the web servers with the page and its API. A place that nobody asked for is gone without when it cannot be had.
 * Rejects with a UserError for one that somebody asked for.
 */
export async function startPages(settings: Settings, parts: PageParts): Promise<Pages> {
  const { setup, status, change, standIn, log } = parts;
  const places = placesOf(settings.webListen, WEB);
  // What reads for the page is loaded with the first look at it.
  let views: Promise<Views> | null = null;
  const api: ApiParts = {
    access: new Access(settings.dataDir, log),
    views: () => {
      views ??= import('./views/views.js').then(({ Views }) => new Views({ dataDir: settings.dataDir }, log));
      return views;
    },
    change,
    standIn,
  };
  const webs: Web[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(webs.map((web) => web.close()));
    await (await views)?.close();
  };
  try {
    for (const place of places.wanted) {
      const open = () => startWeb(place, { setup, status, api }, log, { hosts: settings.webHost });
      await orWithout(places.usual, log, async () => webs.push(await open()));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { listeners: webs.map(({ endpoint }) => endpoint), close };
}
