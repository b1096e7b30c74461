import type { Route } from './router.js';
import type { News } from './server/events.js';

/** What a screen gets. */
export interface ScreenContext {
  readonly route: Route;
  readonly news: News;
  /** Says something to those who hear the page, and shows it for a moment to those who see it. */
  say(text: string): void;
  /** Puts something into the live region alone, for those who hear the page. */
  whisper(text: string): void;
}

/** A part of the page. Its element has an `h1`, which gets the focus when somebody has come by a link. */
export interface Screen {
  readonly element: HTMLElement;
  /** For the title of the window. */
  readonly title: string;
  /** The same screen with other parts or query. Left out: it is left and opened again. */
  update?(route: Route): void;
  /** End timers, listeners and requests, when the screen is left. */
  readonly ends: readonly (() => void)[];
}
