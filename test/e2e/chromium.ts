import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { folder } from './scaletap.js';

/**
 * Starts headless Chromium with a home of its own, in which it trusts these certificates, and with this proxy for one
 * host. For all others it has one that is not there: a browser calls home.
 */
export async function startChromium(
  trusted: readonly string[],
  host: string,
  port: number,
): Promise<Browser> {
  const home = folder();
  const database = join(home, '.pki', 'nssdb');
  mkdirSync(database, { recursive: true });
  const certutil = (...args: string[]): void => {
    execFileSync('/usr/bin/certutil', ['-d', `sql:${database}`, ...args], { stdio: 'pipe' });
  };
  certutil('-N', '--empty-password');
  for (const file of trusted) certutil('-A', '-n', file, '-t', 'C,,', '-i', file);
  const script = `function FindProxyForURL(u, h) { return 'PROXY 127.0.0.1:' + (h === '${host}' ? ${port} : 9); }`;
  const pac = `data:application/x-ns-proxy-autoconfig;base64,${Buffer.from(script).toString('base64')}`;
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // The tests may run as root, where its sandbox does not start.
    args: ['--no-sandbox', `--proxy-pac-url=${pac}`],
    env: { PATH: process.env.PATH ?? '', HOME: home },
  });
  onTestFinished(() => browser.close());
  return browser;
}
