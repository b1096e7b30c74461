/** Chromium, as somebody has the page open in it. */
import { chromium } from 'playwright-core';
import { installed } from './peers.mjs';

/** Why there is none; undefined when there is. */
export const noChromium = installed('chromium');

/**
 * A browser with a profile of its own.
 *
 * @template T
 * @param {(browser: import('playwright-core').Browser) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withBrowser(work) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // The bench may run as root, where its sandbox does not start.
    args: ['--no-sandbox'],
  });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/**
 * Has the browser read what it needs of its own files to show any page, by one that is not asked about.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 */
export async function wakeBrowser(browser, url) {
  const context = await browser.newContext();
  await (await context.newPage()).goto(`${url}/setup/`, { waitUntil: 'load' });
  await context.close();
}

/**
 * Opens the page and waits until its first chart is drawn.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @returns {Promise<{ chartMs: number, bytes: number, requests: number, page: import('playwright-core').Page }>} from
 *   the navigation to the chart; bytes of all answers until then, with their heads
 */
export async function openPage(browser, url) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  // A chart is there when something is drawn on its canvas, and seen with the next frame.
  await page.addInitScript(() => {
    const drawn = (canvas) =>
      canvas.width > 0 &&
      canvas
        .getContext('2d')
        .getImageData(0, 0, canvas.width, canvas.height)
        .data.some((byte) => byte !== 0);
    const look = () => {
      const canvas = document.querySelector('canvas');
      if (canvas === null || !drawn(canvas)) return requestAnimationFrame(look);
      return requestAnimationFrame(() => {
        globalThis.chartMs = performance.now();
      });
    };
    requestAnimationFrame(look);
  });
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(() => globalThis.chartMs !== undefined, null, { timeout: 30_000 });
  const found = await page.evaluate(() => {
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const bytes = all.reduce((sum, { transferSize }) => sum + transferSize, 0);
    return { chartMs: globalThis.chartMs, bytes, requests: all.length };
  });
  return { ...found, page };
}
