import { describe, expect, test } from 'vitest';
import { haveChromium, Tab } from './browsing.js';
import { livedIn } from './lived-in.js';
import { bytesOf, exchangeOf, exportedLines, until } from './scaletap.js';

/** What comes in while the page is open, however long that is. */

const DAYS_MS = 5 * 86_400_000;
const SECRET = 'a-planted-secret';

describe.skipIf(!haveChromium)('the live feed', () => {
  test('has an exchange as it crosses, both its messages, what was read in them, and no secret', async () => {
    const { house, scale, url } = await livedIn([], SECRET);
    const tab = await Tab.open(url, '#/live');
    const rows = tab.page.locator('table.exchanges tbody tr');
    const measures = rows.filter({ hasText: 'measure' });
    await until('the exchanges before', async () => (await measures.count()) === 2 || undefined);

    scale.weigh(77.4);
    await scale.visit();
    await until('the exchange', async () => (await measures.count()) === 3 || undefined);
    await measures.first().getByRole('link').click();
    await tab.page.getByRole('heading', { name: /^Exchange \d+$/ }).waitFor();
    expect(await tab.shows('[aria-label="What was read"]', 'measures')).toContain('77400');
    expect(await tab.shows('[aria-label="Head of the request"]', 'POST')).toContain('/cgi-bin/measure');
    expect(await tab.shows('[aria-label="Body of the request"]', 'action')).toContain('meastime=');
    expect(await tab.shows('[aria-label="Body of the answer"]', 'status')).toContain('"status":0');

    await tab.page.getByRole('link', { name: 'All exchanges' }).click();
    await rows.filter({ hasText: 'maint' }).last().getByRole('link').click();
    const read = await tab.shows('[aria-label="What was read"]', 'BT_DEVICE');
    expect(read).toMatch(/TLV 3 KL_SECRET\s*\*\*\*/);
    expect(read).toMatch(/TLV 1 MAC\s*00:24:e4:00:00:01/);

    // What the scale has really sent has them in it, else nothing is told by their absence.
    const sent = (await exportedLines(house.dataDir)).map(exchangeOf).map(({ request }) => bytesOf(request));
    const secrets = [Buffer.from(SECRET).toString('hex'), ...house.cloud.books.sessions.keys()];
    expect(secrets).toHaveLength(4);
    expect(secrets.filter((secret) => !sent.some((bytes) => bytes.includes(secret)))).toEqual([]);
    const shown = [await tab.page.content(), ...tab.answers, ...(await allAnswers(url))];
    expect([SECRET, ...secrets].filter((secret) => shown.some((text) => text.includes(secret)))).toEqual([]);
    tab.expectHarmless();
  });
});

describe.skipIf(!haveChromium)('a page left open', () => {
  test('has what it missed when scaletap is back, without being touched', async () => {
    const { house, scale, url } = await livedIn();
    const overview = await Tab.open(url);
    const live = await Tab.open(url, '#/live');
    await overview.shows('.connection', 'Live');
    await live.shows('.connection', 'Live');
    await house.program.kill('SIGKILL');
    await overview.shows('.connection', 'No connection');
    await house.restart('SIGTERM');
    scale.weigh(79.15);
    await scale.visit();
    await overview.shows('label.person', /79\.15\s+kg/);
    const measures = live.page.locator('table.exchanges tbody tr').filter({ hasText: 'measure' });
    await expect.poll(() => measures.count(), { timeout: 15_000 }).toBe(3);
    await overview.shows('.connection', 'Live');
    overview.expectHarmless();
    live.expectHarmless();
  });

  test('tells the time as it is after days of sleep, and hears of what is new', async () => {
    const { scale, url } = await livedIn();
    const tab = await Tab.blank(url);
    await tab.page.clock.install();
    await tab.page.goto(url);
    await tab.shows('label.person', /2 hours ago/);
    await tab.page.clock.fastForward(DAYS_MS);
    await tab.shows('label.person', /5 days ago/);
    scale.weigh(79.15);
    await scale.visit();
    await tab.page.clock.runFor(2_000);
    await tab.shows('label.person', /79\.15\s+kg/);
    await tab.shows('.connection', 'Live');
    tab.expectHarmless();
  });
});

/** What the API says of everything that there is. */
async function allAnswers(url: string): Promise<string[]> {
  const textOf = async (path: string) => (await fetch(`${url}api/${path}`)).text();
  const lists = ['status', 'people', 'kinds', 'weigh-ins', 'devices', 'exchanges?limit=500'];
  const answers = await Promise.all(lists.map(textOf));
  const { exchanges } = JSON.parse(answers.at(-1) ?? '') as { exchanges: { id: number }[] };
  expect(exchanges.length).toBeGreaterThan(10);
  return [...answers, ...(await Promise.all(exchanges.map(({ id }) => textOf(`exchanges/${id}`))))];
}
