import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { haveChromium, places, screens, Tab } from './browsing.js';
import { importCaptures, livedIn } from './lived-in.js';

/** What axe-core finds on every screen, in both themes, on a desk and a phone: nothing. And every screen fits. */

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Exchanges with much in them: of the scale, and one that was imported. */
const exchanges = [8, 20].map((id) => [`#/live/${id}`, `Exchange ${id}`] as const);

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

  /** Looks at the page as it is. */
  async look(where: string): Promise<void> {
    const run = `axe.run(document).then(({ passes, violations }) => ({
      passes: passes.length,
      wide: document.documentElement.scrollWidth - innerWidth,
      violations: violations.map(({ id, impact, nodes }) =>
        id + ' (' + impact + '): ' + nodes.map(({ target }) => target.join(' ')).join(', ')),
    }))`;
    const { passes, wide, violations }: { passes: number; wide: number; violations: string[] } =
      await this.#tab.page.evaluate(run);
    // It has looked at something.
    expect(passes).toBeGreaterThan(15);
    if (wide > 0) violations.push(`${wide} px wider than the screen`);
    this.found.push(...violations.map((each) => `${this.#name} ${where}: ${each}`));
  }
}

describe.skipIf(!haveChromium)('on a desk and a phone, light and dark,', () => {
  test('axe-core has nothing against any screen, dialog or the wall, and all fit', async () => {
    const lived = await livedIn();
    await importCaptures(lived);
    const found: string[] = [];
    const walls: (() => Promise<void>)[] = [];
    for (const [size, viewport] of Object.entries(screens)) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const tab = await Tab.open(lived.url, '', { viewport, colorScheme });
        const { page } = tab;
        await page.evaluate(axe);
        const walk = new Walk(tab, `${size} ${colorScheme}`);
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
          await page.evaluate(axe);
          await walk.look('wall');
          found.push(...walk.found);
          tab.expectHarmless();
          await page.close();
        });
      }
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
