import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import { haveChromium, places, screens, Tab } from './browsing.js';
import { importCaptures, livedIn } from './lived-in.js';

/** What axe-core finds on every screen, in both themes, on a desk and a phone: nothing. And every screen fits. */

/** Exchanges with much in them: of the scale, and one that was imported. */
const exchanges = [8, 20].map((id) => [`#/live/${id}`, `Exchange ${id}`] as const);

/** The rules of axe-core that are about colours. */
const coloured = ['color-contrast', 'link-in-text-block'];

/** What opens over a place or in it, by the name of the button. */
const openings: readonly (readonly [place: string, button: string | RegExp])[] = [
  ['#/', 'Show as table'],
  ['#/weigh-ins', /^Change, weigh-in/],
  ['#/people', 'Add somebody'],
  ['#/people', 'Edit FED'],
  ['#/people', /^Merge/],
];

class Walk {
  readonly found: string[] = [];
  readonly #tab: Tab;
  readonly #name: string;

  constructor(tab: Tab, name: string) {
    this.#tab = tab;
    this.#name = name;
  }

  /** Looks at the page as it is, light and then dark. The themes differ by colours alone. */
  async look(where: string): Promise<void> {
    const light = await this.#run(`${where} light`, {});
    const dark = await this.#run(`${where} dark`, { runOnly: coloured });
    // It has looked at something.
    expect(light).toBeGreaterThan(15);
    expect(dark).toBeGreaterThan(0);
  }

  /** How many rules hold. */
  async #run(where: string, options: object): Promise<number> {
    await this.#tab.page.emulateMedia({ colorScheme: where.endsWith('dark') ? 'dark' : 'light' });
    const run = `axe.run(document, ${JSON.stringify(options)}).then(({ passes, violations }) => ({
      passes: passes.length,
      wide: document.documentElement.scrollWidth - innerWidth,
      violations: violations.map(({ id, impact, nodes }) =>
        id + ' (' + impact + '): ' + nodes.map(({ target }) => target.join(' ')).join(', ')),
    }))`;
    const { passes, wide, violations }: { passes: number; wide: number; violations: string[] } =
      await this.#tab.page.evaluate(run);
    if (wide > 0) violations.push(`${wide} px wider than the screen`);
    this.found.push(...violations.map((each) => `${this.#name} ${where}: ${each}`));
    return passes;
  }
}

describe.skipIf(!haveChromium)('on a desk and a phone, light and dark,', () => {
  test('axe-core has nothing against any screen, dialog or the wall, and all fit', async () => {
    const lived = await livedIn();
    await importCaptures(lived);
    const found: string[] = [];
    const walls: (() => Promise<void>)[] = [];
    for (const [size, viewport] of Object.entries(screens)) {
      const tab = await Tab.open(lived.url, '', { viewport, reducedMotion: 'reduce' });
      const { page } = tab;
      await page.evaluate(axe.source);
      const walk = new Walk(tab, size);
      for (const [place, headline] of [...places, ...exchanges]) {
        await tab.visit(place, headline);
        await walk.look(place);
        for (const [, button] of openings.filter(([where]) => where === place)) {
          await page.getByRole('button', { name: button }).first().click();
          await walk.look(`${place} ${button}`);
          await page.keyboard.press('Escape');
        }
      }
      walls.push(async () => {
        await page.reload();
        await page.getByRole('heading', { name: 'Sign in' }).waitFor();
        await page.evaluate(axe.source);
        await walk.look('wall');
        found.push(...walk.found);
        tab.expectHarmless();
      });
    }
    await fetch(`${lived.url}api/password`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ password: 'first password' }),
    });
    for (const wall of walls) await wall();
    expect(found).toEqual([]);
  });
});
