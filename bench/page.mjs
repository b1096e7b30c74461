/** `npm run bench -- --page`: what the page, its API and the sinks cost; the report goes to bench/results/page.md too. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import yargs from 'yargs';
import { noChromium, openPage, wakeBrowser, withBrowser } from './browser.mjs';
import { makeHouse } from './house-of-years.mjs';
import { askAll, questions } from './page-api.mjs';
import { report } from './page-report.mjs';
import { noSinks, startSinks } from './page-sinks.mjs';
import { residentMb, startScript, stop } from './processes.mjs';
import { folder, results } from './results.mjs';
import { runLoad, startOrigin } from './round.mjs';
import { serving } from './serving.mjs';
import { startScales, weigh } from './weighing.mjs';

const PARTS = ['cold', 'api', 'throughput', 'listeners', 'start'];

const args = process.argv.slice(2);
const flags = yargs(args)
  .scriptName('npm run bench --')
  .usage('$0 --page [options]\n\nMeasures the page over the database of ten years, and relaying beside it.')
  .option('page', { type: 'boolean', default: true, describe: 'This benchmark' })
  .option('only', { type: 'string', describe: `Parts with commas between: ${PARTS.join(', ')}` })
  .option('years', { type: 'number', default: 10, describe: 'Of daily weigh-ins of four people' })
  .option('exchanges', { type: 'number', default: 1_000_000, describe: 'In the journal' })
  .option('rounds', { type: 'number', default: 5, describe: 'Of each measurement' })
  .option('seconds', { type: 'number', default: 4, describe: 'How long each load is measured' })
  .option('listeners', { type: 'number', default: 1000, describe: 'Who listen to events at the same time' })
  .option('against', { type: 'string', describe: 'Another dist/main.js, for the start' })
  .strict()
  .version(false)
  .parseSync();

const parts = new Set(flags.only?.split(',') ?? PARTS);
const { rounds, listeners } = flags;
const load = new URL('./load.mjs', import.meta.url);
const measureMs = flags.seconds * 1000;
const full = { connections: 16, reconnect: false, warmUpMs: 1000, measureMs, exchanges: null };
/** A household with far more scales than any has: fifty exchanges a second. */
const household = { ...full, connections: 1, pauseMs: 20 };

const origin = await startOrigin();
const house = mkdtempSync(join(folder, 'house-'));
if (parts.has('cold') || parts.has('api')) {
  say(`making ${flags.years} years`);
  await makeHouse(house, { years: flags.years, exchanges: flags.exchanges, untilMs: Date.now() });
}
const found = {
  cold: await part('cold', noChromium, coldPages),
  api: await part('api', undefined, apiUnderLoad),
  throughput: await part('throughput', noChromium ?? noSinks, throughput),
  listeners: await part('listeners', undefined, manyListeners),
  start: await part('start', undefined, starts),
};
await origin.stop();
const command = ['npm run bench', '--', ...args].join(' ');
const text = report({ date: new Date(), command, flags, ...found });
writeFileSync(new URL('page.md', results), text);
console.log(text);

/** What a part has found, why it could not be measured, or null when it was not asked for. */
async function part(name, missing, measure) {
  if (!parts.has(name)) return null;
  if (missing !== undefined) return { failure: missing };
  try {
    return await measure();
  } catch (error) {
    return { failure: error.message };
  }
}

/** The page in a browser that has never seen it, of a scaletap and a database that nobody has asked yet. */
async function coldPages() {
  const all = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`page, round ${round} of ${rounds}`);
    const found = await serving({ dataDir: house, originPort: origin.port }, ({ url }) =>
      withBrowser(async (browser) => {
        await wakeBrowser(browser, url);
        const dropped = forgetDatabase();
        const cold = await openPage(browser, url);
        const again = await openPage(browser, url);
        return { dropped, cold, again };
      }),
    );
    all.push(found);
  }
  return { rounds: all };
}

/** Has the system forget what it has read of the database; whether it did. */
function forgetDatabase() {
  try {
    for (const name of ['scaletap.db', 'scaletap.db-wal']) {
      execFileSync('dd', [`if=${join(house, name)}`, 'iflag=nocache', 'count=0', 'status=none']);
    }
    return true;
  } catch {
    return false;
  }
}

/** All that the page asks for, beside a relay that is left alone, has a household, and has all that it can do. */
async function apiUnderLoad() {
  const loads = [
    ['without load', null],
    ['50 exchanges a second', household],
    ['16 scales at full speed', full],
  ];
  const rows = [];
  for (const [name, orders] of loads) {
    say(`API, ${name}`);
    const done = await serving({ dataDir: house, originPort: origin.port }, async ({ port, url, child }) => {
      const asked = await questions(url);
      let ended = false;
      const asking = async () => {
        if (orders !== null) await sleep(orders.warmUpMs);
        return askAll(url, asked, () => ended);
      };
      const loading = async () => {
        if (orders === null) await sleep(measureMs);
        const result = orders && (await runLoad(load, { ...orders, port, measureMs: 2 * measureMs }, child));
        ended = true;
        return result;
      };
      const [answers, relayed] = await Promise.all([asking(), loading()]);
      return { answers, relayed };
    });
    rows.push({ name, ...done });
  }
  return { rows };
}

/** Relaying with nothing, with the page open in a browser, and with both sinks besides; in turn. */
async function throughput() {
  const sinks = await startSinks(folder);
  const scales = await startScales();
  const setups = [
    { name: 'nothing', pages: [], sinks: false },
    { name: 'the sinks', pages: [], sinks: true },
    { name: 'the page open', pages: ['/', '/#/live'], sinks: false },
    { name: 'the page open, and the sinks', pages: ['/', '/#/live'], sinks: true },
  ].map((setup) => ({ ...setup, loads: [] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const setup of setups) {
      say(`throughput with ${setup.name}, round ${round} of ${rounds}`);
      if (setup.sinks) await sinks.prepare();
      const dataDir = mkdtempSync(join(folder, 'empty-'));
      const run = ({ port, url, child }) =>
        withPages(setup.pages, url, async () => {
          const others = setup.sinks ? -sinks.cpuSeconds() : 0;
          const ended = weigh(port);
          const done = await runLoad(load, { ...full, port }, child);
          const weighIns = ended();
          const sinkCpu = setup.sinks ? others + sinks.cpuSeconds() : 0;
          const delivered = setup.sinks ? await deliveredBy(url) : [];
          setup.loads.push({ ...done, weighIns, delivered, sinkCpu, memoryMb: residentMb(child.pid) });
        });
      const own = [...scales.flags, ...(setup.sinks ? sinks.flags : [])];
      await serving({ dataDir, originPort: origin.port, flags: own }, run);
      rmSync(dataDir, { recursive: true });
    }
  }
  await sinks.stop();
  scales.close();
  return { setups };
}

/** How many readings each sink has got, and how many wait. */
async function deliveredBy(url) {
  const { sinks } = await (await fetch(`${url}/api/status`)).json();
  return sinks.map(({ delivered, backlog }) => `${delivered} (${backlog} wait)`);
}

function withPages(paths, url, work) {
  if (paths.length === 0) return work();
  return withBrowser(async (browser) => {
    for (const path of paths) {
      const page = await browser.newPage();
      await page.goto(`${url}${path}`, { waitUntil: 'load' });
    }
    await sleep(500);
    return work();
  });
}

/** Relaying while a thousand listen, and what is left of that when they are gone. */
async function manyListeners() {
  const dataDir = mkdtempSync(join(folder, 'listened-'));
  return serving({ dataDir, originPort: origin.port }, async ({ port, url, child }) => {
    const relayed = async (orders = full) => runLoad(load, { ...orders, port }, child);
    const memory = [];
    const note = (when) => memory.push([when, residentMb(child.pid).now]);
    say('listeners: none yet');
    const before = await relayed();
    note('before, after the same load');
    const crowd = startScript(new URL('./page-listeners.mjs', import.meta.url), [
      ...[new URL(url).port, String(listeners)],
    ]);
    const told = () => new Promise((resolve) => crowd.once('message', resolve));
    await told();
    note(`${listeners} listen`);
    const count = () => {
      const answer = told();
      crowd.send('count');
      return answer;
    };
    await count();
    say('listeners: all of them, full speed');
    const during = await relayed();
    // What was committed last is told of within a quarter of a second.
    await sleep(2000);
    const atFull = await count();
    note('after a load at full speed');
    say('listeners: all of them, a household');
    const calm = await relayed(household);
    await sleep(1000);
    const atHousehold = await count();
    await stop(crowd);
    await sleep(1000);
    note('when they are gone');
    const after = await relayed();
    note('after another load');
    return { listeners, before, during, after, calm, atFull, atHousehold, memory };
  });
}

/** Start and memory of a scaletap whose page nobody looks at, beside another build of it. */
async function starts() {
  const builds = [['this build', undefined], ...(flags.against ? [['the other', flags.against]] : [])];
  const rows = builds.map(([name, main]) => ({
    name,
    main,
    startMs: [],
    idleMb: [],
    loadedMb: [],
    perSecond: [],
    cpu: [],
  }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const row of rows) {
      say(`start of ${row.name}, round ${round} of ${rounds}`);
      const dataDir = mkdtempSync(join(folder, 'start-'));
      await serving(
        { dataDir, originPort: origin.port, main: row.main },
        async ({ startMs, port, child }) => {
          await sleep(500);
          row.startMs.push(startMs);
          row.idleMb.push(residentMb(child.pid).now);
          const { perSecond, cpuPer1000 } = await runLoad(load, { ...full, port }, child);
          row.perSecond.push(perSecond);
          row.cpu.push(cpuPer1000);
          row.loadedMb.push(residentMb(child.pid).now);
        },
      );
      rmSync(dataDir, { recursive: true });
    }
  }
  return { rows };
}

function say(text) {
  console.error(text);
}
