import { describe, expect, test } from 'vitest';
import { browserIn, haveChromium, Tab } from './browsing.js';
import { livedIn } from './lived-in.js';
import { canHaveNetworks, PUBLIC_SERVER, smallInternet } from './network.js';
import { folder, Program } from './scaletap.js';

/** Who sees the page, and what somebody does with scaletap there. */

async function signIn(tab: Tab, password: string): Promise<void> {
  await tab.page.getByLabel('Password').fill(password);
  await tab.page.getByRole('button', { name: 'Sign in' }).click();
}

const wall = (tab: Tab) => tab.page.getByRole('heading', { level: 1, name: 'Sign in' });
const inside = (tab: Tab, name: string) => tab.page.getByRole('heading', { level: 1, name });

/** Sets the password, or changes it. */
async function setPassword(tab: Tab, password: string, current?: string): Promise<void> {
  await tab.go('System');
  if (current !== undefined) await tab.page.getByLabel('Current password').fill(current);
  await tab.page.getByLabel('New password', { exact: true }).fill(password);
  await tab.page.getByLabel('New password again').fill(password);
  await tab.page.getByRole('button', { name: /^(Set|Change) the password$/ }).click();
  await tab.shows('.toast', /The password was (set|changed)/);
}

describe.skipIf(!haveChromium)('the page', () => {
  test('wants its password once one is set, forgets who signs out, and a new password ends other sessions', async () => {
    const { url } = await livedIn();
    const owner = await Tab.open(url);
    await setPassword(owner, 'first password');

    const other = await Tab.open(url, '#/people');
    await wall(other).waitFor();
    expect(await other.page.content()).not.toContain('MIC');
    await signIn(other, 'not the password');
    await other.shows('[role=alert]', 'that is not the password');
    await signIn(other, 'first password');
    await inside(other, 'People').waitFor();
    await other.shows('main', 'MIC');

    await setPassword(owner, 'second password', 'first password');
    // Nobody has touched it: what it hears of the server has ended.
    await wall(other).waitFor();
    await owner.go('Overview');
    await owner.shows('main', 'MIC');

    await owner.go('System');
    await owner.page.getByRole('button', { name: 'Sign out' }).click();
    await wall(owner).waitFor();
    await owner.page.reload();
    await wall(owner).waitFor();
    await signIn(owner, 'second password');
    await inside(owner, 'System').waitFor();
    owner.expectHarmless();
    other.expectHarmless();
  });

  test('switches the mode, as the command does, and each sees what the other did', async () => {
    const { house, url } = await livedIn();
    const tab = await Tab.open(url, '#/system');
    const chosen = (name: string) => tab.page.getByRole('radio', { name, exact: true });
    await expect.poll(() => chosen('Auto').isChecked()).toBe(true);
    await chosen('Offline').check();
    await tab.page.getByRole('button', { name: 'Switch the mode' }).click();
    await tab.page.getByRole('button', { name: 'Switch to offline' }).click();
    await tab.shows('.toast', 'The mode is offline');
    expect((await house.command('mode')).stdout).toContain('offline');
    await house.command('mode', 'live');
    await expect.poll(() => chosen('Live').isChecked(), { timeout: 10_000 }).toBe(true);
    tab.expectHarmless();
  });

  test.skipIf(!canHaveNetworks())('is closed to other machines until it has a password', async () => {
    const { enter } = await smallInternet();
    const dataDir = folder();
    const flags = ['--listen', '127.0.0.1:0', '--proxy-listen', 'off', '--web-listen', '0.0.0.0:8080'];
    const program = new Program(['serve', ...flags, '--data-dir', dataDir], {}, enter);
    await program.says(/keeping exchanges/);
    const browser = await browserIn(enter);
    const url = `http://${PUBLIC_SERVER}:8080/`;
    const elsewhere = await Tab.open(url, '', {}, browser);
    await elsewhere.shows('main', 'password');
    expect(elsewhere.answers.join()).not.toContain('"people"');
    const here = await Tab.open('http://127.0.0.1:8080/', '', {}, browser);
    await setPassword(here, 'first password');
    await elsewhere.page.reload();
    await signIn(elsewhere, 'first password');
    await inside(elsewhere, 'Overview').waitFor();
    elsewhere.expectHarmless();
    here.expectHarmless();
  });
});
