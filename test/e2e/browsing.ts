import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, expect, onTestFinished, vi } from 'vitest';
import { available } from '../servers/available.js';
import { folder } from './scaletap.js';

/** The page of scaletap in a real browser, and everything that it does there. */

/** For `describe.skipIf(!haveChromium)`. */
export const haveChromium = available('chromium');

const PATIENCE_MS = 10_000;

// A browser beside scaletap and its servers takes its time on a small machine.
vi.setConfig({ testTimeout: 60_000 });

const CHROMIUM = '/usr/bin/chromium';
// The tests may run as root, where its sandbox does not start.
const ARGS = ['--no-sandbox'];

let shared: Promise<Browser> | null = null;

/** One browser for all tests of a file, each with a context of its own. */
function sharedBrowser(): Promise<Browser> {
  shared ??= chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  return shared;
}

afterAll(async () => {
  await (await shared)?.close();
});

/** A browser that is run by other words before its own: in another network. */
export async function browserIn(enter: readonly string[]): Promise<Browser> {
  const script = join(folder(), 'chromium');
  writeFileSync(script, `#!/bin/sh\nexec ${enter.join(' ')} ${CHROMIUM} "$@"\n`, { mode: 0o755 });
  const browser = await chromium.launch({ executablePath: script, args: ARGS });
  onTestFinished(() => browser.close());
  return browser;
}

/**
 * What Chromium complains of, and is no fault: that a server was away or wanted a password, which is for the test to say,
 * and that a header means nothing without TLS.
 */
const expected = /^Failed to load resource|^The Cross-Origin-Opener-Policy header has been ignored/;

/** Sizes of screens that people have. */
export const screens = {
  desk: { width: 1280, height: 900 },
  phone: { width: 360, height: 740 },
} as const;

/** Every screen of the page with its headline. */
export const places = [
  ['#/', 'Overview'],
  ['#/weigh-ins', 'Weigh-ins'],
  ['#/people', 'People'],
  ['#/devices', 'Devices'],
  ['#/live', 'Live'],
  ['#/system', 'System'],
] as const;

/** One tab, in a context of its own: nothing is shared with others, as with other people's browsers. */
export class Tab {
  readonly page: Page;
  readonly url: string;
  /** Where requests went. */
  readonly requests: string[] = [];
  /** Dialogs, faults of scripts, what the content security policy has stopped, and complaints of the browser. */
  readonly faults: string[] = [];
  /** The texts of all answers of the API. */
  readonly answers: string[] = [];

  private constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('dialog', (dialog) => {
      this.faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      const isBad = ['error', 'warning'].includes(message.type());
      if (isBad && !expected.test(message.text())) this.faults.push(message.text());
    });
    page.on('response', async (response) => {
      if (!response.url().includes('/api/') || response.url().endsWith('/events')) return;
      // One that the page has taken back has no text any more.
      this.answers.push(await response.text().catch(() => ''));
    });
  }

  /** Opens `url`, which ends with `/`, at a place of the page such as `#/live`. */
  static async open(
    url: string,
    place = '',
    options: BrowserContextOptions = {},
    browser?: Browser,
  ): Promise<Tab> {
    const tab = await Tab.blank(url, options, browser);
    await tab.page.goto(url + place);
    return tab;
  }

  /** A tab in which nothing is open yet. */
  static async blank(url: string, options: BrowserContextOptions = {}, browser?: Browser): Promise<Tab> {
    const context = await (browser ?? (await sharedBrowser())).newContext({
      viewport: screens.desk,
      locale: 'en-GB',
      timezoneId: 'UTC',
      ...options,
    });
    onTestFinished(() => context.close());
    return new Tab(await context.newPage(), url);
  }

  /** Goes to a place such as `#/live/7`, whose headline this is, and waits until all that it asks for is there. */
  async visit(place: string, headline: string): Promise<void> {
    await this.page.evaluate(`location.hash = ${JSON.stringify(place)}`);
    await this.page.getByRole('heading', { level: 1, name: headline, exact: true }).waitFor();
    await this.settled();
  }

  /** Waits until nothing is being loaded. */
  async settled(): Promise<void> {
    const busy = this.page.locator('.loading > p, [aria-busy=true]');
    await expect.poll(() => busy.count(), { timeout: PATIENCE_MS }).toBe(0);
  }

  /** Goes to a screen by its link, and waits for its headline. */
  async go(name: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name }).click();
    await this.page.getByRole('heading', { level: 1, name }).waitFor();
  }

  /** The text of a place once it has this in it. */
  async shows(selector: string, text: string | RegExp): Promise<string> {
    const found = this.page.locator(selector).filter({ hasText: text }).first();
    await found.waitFor();
    return (await found.textContent()) ?? '';
  }

  /** Nothing went wrong in it, and it has asked nobody else. */
  expectHarmless(): void {
    expect(this.faults).toEqual([]);
    expect(this.requests.filter((url) => !url.startsWith(this.url) && !url.startsWith('data:'))).toEqual([]);
  }
}
