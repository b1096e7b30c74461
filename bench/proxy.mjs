/** `npm run bench -- --proxy`: the rounds in turn, then the memory; the report goes to bench/results/proxy.md too. */
import { writeFileSync } from 'node:fs';
import yargs from 'yargs';
import { makeCertificates } from './certificates.mjs';
import { peers } from './proxy-peers.mjs';
import { report } from './proxy-report.mjs';
import { runHosts, runRound } from './proxy-round.mjs';
import { folder, results } from './results.mjs';
import { startCloud } from './round.mjs';

const args = process.argv.slice(2);
const flags = yargs(args)
  .scriptName('npm run bench --')
  .usage('$0 --proxy [options]\n\nTakes the requests of an app through scaletap and its peers, in turn.')
  .option('proxy', { type: 'boolean', default: true, describe: 'This benchmark' })
  .option('rounds', { type: 'number', describe: 'How often each peer has its turn, 3 if not said' })
  .option('seconds', { type: 'number', describe: 'How long each load is measured, 2 if not said' })
  .option('connections', { type: 'number', default: 16, describe: 'Phones at the same time' })
  .option('hosts', {
    type: 'number',
    describe: 'Hosts that memory is measured over, 10,000 if not said; 0 for none',
  })
  .option('host-seconds', {
    type: 'number',
    describe: 'The longest time that a peer gets for them, 60 if not said',
  })
  .option('quick', { type: 'boolean', default: false, describe: 'In a minute: 2 rounds of 1 s, 2,000 hosts' })
  .check(({ rounds = 0, seconds = 1, connections, hosts = 0, hostSeconds = 1 }) => {
    if (rounds >= 0 && seconds > 0 && connections >= 1 && hosts >= 0 && hostSeconds > 0) return true;
    throw new Error('Numbers above 0, please.');
  })
  .strict()
  .version(false)
  .parseSync();

const rounds = flags.rounds ?? (flags.quick ? 2 : 3);
const hosts = flags.hosts ?? (flags.quick ? 2000 : 10_000);
const hostSeconds = flags.hostSeconds ?? (flags.quick ? 10 : 60);
const settings = {
  folder,
  connections: flags.connections,
  firstHosts: 100,
  warmUpMs: flags.quick ? 500 : 1000,
  measureMs: (flags.seconds ?? (flags.quick ? 1 : 2)) * 1000,
};
const found = peers.map((peer) => ({ peer, rounds: [], hosts: null, failures: [] }));
const certificates = makeCertificates(folder);
const { keyFile, certificateFile } = certificates;
const origin = {
  ...(await startCloud(new URL('./app-origin.mjs', import.meta.url), [keyFile, certificateFile])),
  ...certificates,
};

for (let turn = 1; turn <= rounds; turn += 1) {
  for (const result of found) {
    await attempt(result, `round ${turn} of ${rounds}`, async () => {
      result.rounds.push(await runRound(result.peer, origin, settings));
    });
  }
}
if (hosts > 0) {
  for (const result of found.filter(({ peer }) => peer.manyHosts)) {
    await attempt(result, `${hosts} hosts`, async () => {
      const told = ({ completed, mb }) => console.error(`${completed} hosts, ${Math.round(mb)} MB`);
      result.hosts = await runHosts(result.peer, origin, settings, hosts, hostSeconds * 1000, told);
    });
  }
}

await origin.stop();
const text = report({
  date: new Date(),
  command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  connections: flags.connections,
  firstHosts: settings.firstHosts,
  hosts,
  results: found,
});
writeFileSync(new URL('proxy.md', results), text);
console.log(text);

/** What a peer cannot do is noted, and the others go on. */
async function attempt({ peer, failures }, what, run) {
  if (peer.missing !== undefined) return;
  console.error(`${what}: ${peer.name}`);
  try {
    await run();
  } catch (error) {
    failures.push(error.message);
  }
}
