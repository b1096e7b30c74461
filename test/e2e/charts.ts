import { expect } from 'vitest';
import type { Tab } from './browsing.js';

/** The chart of weights on the first screen. */

export const weightCard = 'section:has(#weight-title)';

/** Chooses somebody and all of the time. */
export async function chooses(tab: Tab, name: string): Promise<void> {
  await tab.page.locator('label.person').filter({ hasText: name }).click();
  await tab.page.getByTitle('All of it').click();
}

/** Waits until the table of the chart has these times and weights, newest first. */
export async function expectTable(tab: Tab, wanted: readonly (string | RegExp)[]): Promise<void> {
  const card = tab.page.locator(weightCard);
  await card.getByRole('button', { name: 'Show as table' }).click();
  await expect
    .poll(
      () =>
        tab.page.evaluate(`[...document.querySelectorAll('${weightCard} .chart-table tbody tr')].map(
          (row) => row.querySelector('time').dateTime + ' ' + row.querySelector('td').innerText)`),
      { timeout: 10_000 },
    )
    .toEqual(wanted.map((each) => (typeof each === 'string' ? each : expect.stringMatching(each))));
  await card.getByRole('button', { name: 'Hide the table' }).click();
}
