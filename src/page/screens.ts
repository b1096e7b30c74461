import { openOverview } from './overview/overview.js';
import type { ScreenName } from './router.js';
import type { Screen, ScreenContext } from './screen.js';

type Open = (context: ScreenContext) => Screen;

/** Where the screens are. All but the first are fetched when somebody goes there, so that the first view is small. */
export const screens: Readonly<Record<ScreenName, () => Promise<Open>>> = {
  overview: async () => openOverview,
  'weigh-ins': async () => (await import('./weigh-ins/weigh-ins.js')).openWeighIns,
  people: async () => (await import('./people/people.js')).openPeople,
  devices: async () => (await import('./devices/devices.js')).openDevices,
  live: async () => (await import('./live/live.js')).openLive,
  system: async () => (await import('./system/system.js')).openSystem,
};
