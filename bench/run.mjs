/** `npm run bench`: the rounds in turn, then the report on standard output and in bench/results/latest.md. */
import { writeFileSync } from 'node:fs';
import yargs from 'yargs';
import { peers } from './peers.mjs';
import { timeEmptyNode } from './processes.mjs';
import { report } from './report.mjs';
import { folder, results } from './results.mjs';
import { runRound, runSoak, startOrigin } from './round.mjs';

const args = process.argv.slice(2);
const flags = yargs(args)
  .scriptName('npm run bench --')
  .usage('$0 [options]\n\nRelays whole scale sessions through scaletap and its peers, in turn.')
  .option('only', {
    type: 'string',
    describe: `Names with commas between: ${peers.map(({ name }) => name).join(', ')}`,
  })
  .option('rounds', { type: 'number', describe: 'How often each peer has its turn, 5 if not said' })
  .option('seconds', { type: 'number', describe: 'How long each load is measured, 4 if not said' })
  .option('connections', { type: 'number', default: 16, describe: 'Scales at the same time' })
  .option('reconnect', { type: 'boolean', default: false, describe: 'A new connection for every session' })
  .option('quick', { type: 'boolean', default: false, describe: 'In a minute: 2 rounds of 1.5 s' })
  .option('soak', {
    type: 'number',
    describe: 'Then so many exchanges through one scaletap, with its memory',
  })
  .check(({ rounds = 0, seconds = 1, connections, soak = 1, only }) => {
    if (!(rounds >= 0 && seconds > 0 && connections >= 1 && soak >= 1))
      throw new Error('Numbers above 0, please.');
    const unknown = only?.split(',').find((name) => !peers.some((peer) => peer.name === name));
    if (unknown !== undefined) throw new Error(`There is no peer "${unknown}".`);
    return true;
  })
  .strict()
  .version(false)
  .parseSync();

const rounds = flags.rounds ?? (flags.quick ? 2 : 5);
const settings = {
  folder,
  connections: flags.connections,
  reconnect: flags.reconnect,
  warmUpMs: flags.quick ? 500 : 1000,
  measureMs: (flags.seconds ?? (flags.quick ? 1.5 : 4)) * 1000,
};
const only = flags.only?.split(',');
const found = peers
  .filter(({ name }) => only?.includes(name) ?? true)
  .map((peer) => ({ peer, rounds: [], failures: [] }));
const nodeMs = [];
const origin = await startOrigin();

for (let turn = 1; turn <= rounds; turn += 1) {
  nodeMs.push(await timeEmptyNode(), await timeEmptyNode());
  for (const result of found) {
    const { peer } = result;
    if (peer.missing !== undefined) continue;
    console.error(`round ${turn} of ${rounds}: ${peer.name}`);
    try {
      result.rounds.push(await runRound(peer, origin, settings));
    } catch (error) {
      result.failures.push(error.message);
    }
  }
}

const soaked = flags.soak === undefined ? null : await soak(flags.soak);
await origin.stop();
const text = report({
  date: new Date(),
  command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  connections: flags.connections,
  results: found,
  nodeMs,
  soak: soaked,
});
writeFileSync(new URL('latest.md', results), text);
console.log(text);

/** A tenth at a time, so that a leak shows as a slope. */
async function soak(exchanges) {
  const samples = [];
  try {
    const peer = peers.find(({ name }) => name === 'scaletap');
    const load = await runSoak(peer, origin, settings, exchanges, (sample) => {
      if (sample.completed < (exchanges * samples.length) / 10) return;
      samples.push(sample);
      console.error(`soak: ${sample.completed} exchanges, ${Math.round(sample.mb)} MB`);
    });
    return { ...load, samples };
  } catch (error) {
    return { failure: error.message };
  }
}
