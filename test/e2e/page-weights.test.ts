import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { haveChromium, Tab } from './browsing.js';
import { chooses, expectTable, weightCard } from './charts.js';
import { importCaptures, livedIn } from './lived-in.js';
import { folder, serve } from './scaletap.js';

/** The first screen of the page, as somebody with a browser sees it. */

const houseOfYears = fileURLToPath(new URL('../../bench/house-of-years.mjs', import.meta.url));

/** How many pixels of a chart have a colour, which its axes have not. */
function colouredPixels(tab: Tab): Promise<number> {
  return tab.page.evaluate(`(() => {
    const canvas = document.querySelector('${weightCard} canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
      const rgb = data.subarray(i, i + 3);
      if (data[i + 3] > 128 && Math.max(...rgb) - Math.min(...rgb) > 64) coloured++;
    }
    return coloured;
  })()`);
}

describe.skipIf(!haveChromium)('the overview', () => {
  test('has the weights of the captures in its chart, its table and in large', async () => {
    const lived = await livedIn();
    await importCaptures(lived);
    const tab = await Tab.open(lived.url);
    await chooses(tab, 'PRX');
    await expectTable(tab, ['2010-09-04T00:02:14.000Z 68.95 kg', '2010-09-04T00:01:52.000Z 66.85 kg']);
    expect(await tab.shows('label.person', 'PRX')).toMatch(/68\.95\s+kg/);
    expect(await colouredPixels(tab)).toBeGreaterThan(20);
    await chooses(tab, 'FED');
    await expectTable(tab, ['2013-12-14T20:30:12.000Z 84.22 kg']);
    const last = await tab.shows('section:has(#last-weigh-in)', 'Heart rate');
    expect(last).toMatch(/84\.22 kg[\s\S]*93 bpm/);
    await tab.shows('section:has(#rooms)', /655\s*ppm/);
    tab.expectHarmless();
  });

  test('has a weigh-in as it happens', async () => {
    const { scale, url } = await livedIn();
    const tab = await Tab.open(url);
    await chooses(tab, 'MIC');
    await tab.shows('label.person', /77\s+kg/);
    await expectTable(tab, [/ 77 kg$/]);
    const loads = tab.requests.filter((request) => request === url).length;
    scale.weigh(78.35);
    await scale.visit();
    await tab.shows('label.person', /78\.35\s+kg/);
    await expectTable(tab, [/ 78\.35 kg$/, / 77 kg$/]);
    expect(tab.requests.filter((request) => request === url)).toHaveLength(loads);
    tab.expectHarmless();
  });

  test('takes less than 100 kB for a family of ten years, all together, and asks nobody else', async () => {
    const dataDir = folder();
    execFileSync(process.execPath, [houseOfYears, dataDir, '10', '1000']);
    const { program } = await serve(dataDir, 9, ['--web-listen', '127.0.0.1:0']);
    const [, url = ''] = await program.says(/web page: (http:\S+)/);
    const tab = await Tab.blank(url);
    const wire = await tab.page.context().newCDPSession(tab.page);
    let bytes = 0;
    wire.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await wire.send('Network.enable');
    await tab.page.goto(url);
    await tab.shows(weightCard, 'Show as table');
    await tab.shows('.connection', 'Live');
    await tab.settled();
    const more = async () => {
      const was = bytes;
      await tab.page.waitForTimeout(500);
      return bytes - was;
    };
    await expect.poll(more, { timeout: 10_000 }).toBe(0);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(100_000);
    tab.expectHarmless();
  });
});
