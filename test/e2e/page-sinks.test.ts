import { describe, expect, test } from 'vitest';
import { Tab } from './browsing.js';
import { chooses, expectTable } from './charts.js';
import type { Delivered } from './lived-in.js';
import { ana, haveAll, livedIn, mic, startSinks } from './lived-in.js';

/** What somebody does with weigh-ins on the page, in InfluxDB and at the broker. */

/** Waits until InfluxDB has these weights and no others, and the broker these as the newest of both. */
async function expectDelivered(
  sinks: Delivered,
  weights: string[],
  newest: { mic: number; ana: number },
): Promise<void> {
  const there = async () => ({
    weights: await sinks.weights(),
    mic: (await sinks.retained(`scaletap/person/${mic.key}`))?.weight_kg,
    ana: (await sinks.retained(`scaletap/person/${ana.key}`))?.weight_kg,
  });
  await expect.poll(there, { timeout: 30_000 }).toEqual({ weights, ...newest });
}

/** Opens the weigh-in of this weight, changes it, and saves. */
async function edit(tab: Tab, weight: string, change: () => Promise<void>): Promise<void> {
  await row(tab, weight).getByRole('button').click();
  await change();
  await tab.page.getByRole('button', { name: 'Save' }).click();
}

const give = (tab: Tab, weight: string, name: string) =>
  edit(tab, weight, () => tab.page.getByRole('dialog').getByRole('radio', { name }).check());

const row = (tab: Tab, weight: string) =>
  tab.page.locator('table.weigh-ins tbody tr').filter({ hasText: weight });

/** The last weight in large on the card of somebody. */
const last = async (tab: Tab, name: string, kg: RegExp) => tab.shows(`label.person:has-text("${name}")`, kg);

describe.skipIf(!haveAll)('a weigh-in', () => {
  test('is given to somebody else, does not count, and comes back, everywhere at once', async () => {
    const sinks = await startSinks();
    const { scale, url } = await livedIn(sinks.flags);
    scale.weigh(78.25);
    await scale.visit();
    await expectDelivered(sinks, ['MIC 77', 'ANA 60', 'MIC 78.25'], { mic: 78.25, ana: 60 });

    const tab = await Tab.open(url, '#/weigh-ins');
    const overview = await Tab.open(url);
    await give(tab, '78.25 kg', 'ANA');
    await tab.shows('.undo-bar', 'given to ANA');
    await row(tab, '78.25 kg').filter({ hasText: 'ANA' }).waitFor();
    await expectDelivered(sinks, ['MIC 77', 'ANA 60', 'ANA 78.25'], { mic: 77, ana: 78.25 });
    await last(overview, 'ANA', /78\.25\s+kg/);
    await last(overview, 'MIC', /77\s+kg/);
    await chooses(overview, 'MIC');
    await expectTable(overview, [/ 77 kg$/]);
    await chooses(overview, 'ANA');
    await expectTable(overview, [/ 78\.25 kg$/, / 60 kg$/]);
    // Once, and all of it: nothing of the weigh-in stands under the one whose it was.
    const points = await sinks.influxd.query(
      'SELECT * FROM "scaletap" WHERE "weight_kg" = 78.25 GROUP BY *',
      'scales',
    );
    expect(points.map(({ tags, values }) => [tags?.person, values.length])).toEqual([['ANA', 1]]);

    await tab.page.getByRole('button', { name: 'Undo' }).click();
    await expectDelivered(sinks, ['MIC 77', 'ANA 60', 'MIC 78.25'], { mic: 78.25, ana: 60 });
    await last(overview, 'MIC', /78\.25\s+kg/);
    await expectTable(overview, [/ 60 kg$/]);

    await edit(tab, '78.25 kg', () => tab.page.getByLabel('It counts').uncheck());
    await row(tab, '78.25 kg').filter({ hasText: 'does not count' }).waitFor();
    await expectDelivered(sinks, ['MIC 77', 'ANA 60'], { mic: 77, ana: 60 });
    await last(overview, 'MIC', /77\s+kg/);
    await edit(tab, '78.25 kg', () => tab.page.getByLabel('It counts').check());
    await expectDelivered(sinks, ['MIC 77', 'ANA 60', 'MIC 78.25'], { mic: 78.25, ana: 60 });
    await give(tab, '78.25 kg', 'Nobody');
    await row(tab, '78.25 kg').filter({ hasText: 'by hand' }).waitFor();
    await give(tab, '78.25 kg', 'As it was found');
    await row(tab, '78.25 kg').filter({ hasText: 'MIC' }).waitFor();
    await expectDelivered(sinks, ['MIC 77', 'ANA 60', 'MIC 78.25'], { mic: 78.25, ana: 60 });
    tab.expectHarmless();
    overview.expectHarmless();
  });

  test('that comes, or is given away, while the sinks are down is there once when they are back', async () => {
    const sinks = await startSinks();
    const { scale, url } = await livedIn(sinks.flags);
    await expectDelivered(sinks, ['MIC 77', 'ANA 60'], { mic: 77, ana: 60 });
    const system = await Tab.open(url, '#/system');
    await system.shows('main', 'All is well.');

    await Promise.all([sinks.influxd.stop(), sinks.mosquitto.stop()]);
    for (const kg of [77.5, 60.5, 78.5]) scale.weigh(kg);
    await scale.visit();
    const tab = await Tab.open(url, '#/weigh-ins');
    await give(tab, '78.5 kg', 'ANA');
    await give(tab, '77 kg', 'ANA');
    expect(await system.shows('[role=alert]', /influx[\s\S]*mqtt/)).toMatch(/readings do not reach/i);
    await system.shows('.sink', /readings wait/);

    await Promise.all([sinks.influxd.restart(), sinks.mosquitto.restart()]);
    const all = ['ANA 77', 'ANA 60', 'MIC 77.5', 'ANA 60.5', 'ANA 78.5'];
    await expectDelivered(sinks, all, { mic: 77.5, ana: 78.5 });
    await system.shows('main', 'All is well.');
    await expect.poll(() => system.page.locator('.sink', { hasText: 'Nothing waits' }).count()).toBe(2);
    system.expectHarmless();
  });
});
