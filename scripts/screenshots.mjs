/**
 * `npm run screenshots [-- FOLDER]`: takes the pictures of the README anew, with Chromium, into docs/images. On them is a
 * made-up family of ten years, the same each time: only the fonts of the machine make a difference.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ready, root } from './ready.mjs';

ready();
// What these import is only there once the project is ready.
const { chromium } = await import('playwright-core');
const { makeHouse, userId } = await import('../bench/house-of-years.mjs');
const { family, moveIn } = await import('./made-up-family.mjs');

const UNTIL_MS = Date.UTC(2026, 4, 17);
/** What the clock of the page says: an hour after the last of the family stood on the scale. */
const NOW_MS = UNTIL_MS - 86_400_000 + (7 * 60 + 40) * 60_000;

const desk = { viewport: { width: 1280, height: 766 }, deviceScaleFactor: 1 };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, hasTouch: true };

const pictures = [
  { name: 'overview-desk-light', place: '#/', colorScheme: 'light', ...desk },
  { name: 'overview-desk-dark', place: '#/', colorScheme: 'dark', ...desk },
  { name: 'overview-phone-light', place: '#/', colorScheme: 'light', ...phone },
  { name: 'overview-phone-dark', place: '#/', colorScheme: 'dark', ...phone },
  { name: 'weigh-ins-desk', place: '#/weigh-ins', colorScheme: 'light', ...desk },
  { name: 'live-desk', place: '#/live', colorScheme: 'light', ...desk },
];

const to = resolve(process.argv[2] ?? join(root, 'docs/images'));
const dataDir = mkdtempSync(join(tmpdir(), 'scaletap-screenshots-'));
let server;
try {
  await makeHouse(dataDir, { years: 10, people: family.length, exchanges: 20_000, untilMs: UNTIL_MS });
  // It was last there when the last of the family was.
  moveIn(dataDir, UNTIL_MS, NOW_MS - 75 * 60_000);
  server = serve();
  const url = await server.url;
  await nameAll(url);
  mkdirSync(to, { recursive: true });
  await takeAll(url);
} finally {
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Starts the built scaletap at ports of the system's choice. */
function serve() {
  const places = ['--listen', '127.0.0.1:0', '--proxy-listen', 'off', '--web-listen', '127.0.0.1:0'];
  const args = [join(root, 'dist/main.js'), 'serve', ...places, '--data-dir', dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let said = '';
  const url = new Promise((found, failed) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      const page = /web page: (http:\S+)/.exec(said)?.[1];
      if (page !== undefined && said.includes('keeping exchanges')) found(page);
    });
    void exited.then(() => failed(new Error(`scaletap has ended:\n${said}`)));
  });
  return {
    url,
    async stop() {
      child.kill();
      await exited;
    },
  };
}

async function nameAll(url) {
  for (const [index, { name }] of family.entries()) {
    const answer = await fetch(`${url}api/people/withings-${userId(index + 1)}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    if (!answer.ok) throw new Error(`${name} could not be named: ${await answer.text()}`);
  }
}

async function takeAll(url) {
  // It may run as root, where the sandbox of Chromium does not start.
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  for (const { name, place, ...options } of pictures) {
    const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options });
    await context.addInitScript(`localStorage.setItem('scaletap.range', '1y');
      localStorage.setItem('scaletap.person', 'withings-${userId(2)}');`);
    const page = await context.newPage();
    await page.clock.setFixedTime(NOW_MS);
    await page.goto(url + place);
    await page.locator('.connection[data-state=open]').waitFor();
    await page.locator('canvas, tbody tr').first().waitFor();
    // Charts are drawn with the next frame.
    await page.waitForTimeout(500);
    const path = join(to, `${name}.png`);
    await page.screenshot({ path });
    await context.close();
    console.error(`scaletap: ${path}`);
  }
  await browser.close();
}
