/** What the rounds of the proxies say. */
import {
  countErrors,
  goalsTable,
  heading,
  kept,
  median,
  notesList,
  quotient,
  ratio,
  round,
  table,
} from './tables.mjs';

/**
 * @typedef {import('./proxy-peers.mjs').ProxyPeer} ProxyPeer
 *
 * @typedef {object} Result
 * @property {ProxyPeer} peer
 * @property {(import('./proxy-round.mjs').Run & import('./proxy-round.mjs').Loads)[]} rounds
 * @property {(import('./proxy-round.mjs').Run & import('./proxy-round.mjs').Hosts) | null} hosts
 * @property {string[]} failures runs that came to nothing, and why
 *
 * @typedef {object} Findings
 * @property {Date} date
 * @property {string} command
 * @property {number} connections
 * @property {number} firstHosts
 * @property {number} hosts how many hosts the memory was to be measured over
 * @property {Result[]} results
 */

const KINDS = ['first', 'kept', 'tunnels', 'unread', 'hosts'];

/**
 * @param {Findings} findings
 * @returns {string} Markdown
 */
export function report({ date, command, connections, firstHosts, hosts: wanted, results }) {
  const rows = results.filter(({ rounds, hosts: met }) => rounds.length > 0 || met !== null).map(summarise);
  const parts = [
    '# Benchmark of the proxy',
    heading(command, date),
    `## Requests in tunnels that are read, ${connections} kept alive\n\n${rateTable(rows, 'kept', 'mitmdump', 'requests/s')}`,
    `## New tunnels with one request, ${connections} at a time\n\n${rateTable(rows, 'tunnels', 'mitmdump', 'tunnels/s')}`,
    `## First answer of a host never seen, ${firstHosts} one after the other\n\n${firstTable(rows)}`,
    `## Requests in tunnels that nobody reads, ${connections} kept alive\n\n${rateTable(
      rows.filter(({ peer }) => peer.tunnels),
      ...['unread', 'splice', 'requests/s'],
    )}`,
    `## Cost and faithfulness\n\n${costTable(rows)}`,
    [
      'Every number is the median of the rounds; "range" is of the numbers before it. splice opens no TLS: its rows say',
      'what phones and origin, who share the cores with the proxy, leave room for. tls-splice opens it, has its one',
      'certificate ready, and looks at nothing.',
    ].join('\n'),
  ];
  if (rows.some((row) => row.hosts !== null)) {
    parts.push(
      `## Resident memory, MB, each host once\n\n${memoryTable(rows.filter(({ peer }) => peer.manyHosts))}`,
    );
  }
  parts.push(`## Goals\n\n${goalTable(rows, wanted)}`);
  const notes = results.flatMap((result) => notesOf(result, wanted));
  if (notes.length > 0) parts.push(notesList(notes));
  return `${parts.join('\n\n')}\n`;
}

function summarise({ peer, rounds, hosts }) {
  const runs = hosts === null ? rounds : [...rounds, hosts];
  const loads = runs.flatMap((run) => KINDS.flatMap((kind) => run[kind] ?? []));
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return {
    peer,
    rounds,
    hosts,
    of: (kind, figure) => median(rounds.map((run) => run[kind]?.[figure])),
    peak: median(rounds.map(({ memoryMb }) => memoryMb.peak)),
    resident: median(rounds.map(({ memoryMb }) => memoryMb.now)),
    lost: peer.journal ? sum(runs.map(({ missing }) => Math.max(0, missing))) : undefined,
    errors: sum(loads.map(countErrors)) + sum(runs.map(({ bad }) => bad)),
    requestsKept: runs.every(({ requestsKept }) => requestsKept),
    repliesKept: loads.every(({ repliesKept }) => repliesKept),
  };
}

function rateTable(rows, kind, other, unit) {
  const measure = find(rows, other)?.of(kind, 'perSecond');
  return table(
    ['through', 'keeps', unit, 'range', `of ${other}`, 'p50, µs', 'p99', 'CPU s per 1000'],
    rows.map(({ peer, rounds, of }) => {
      const rates = rounds.map((run) => run[kind].perSecond);
      return [
        peer.name,
        peer.keeps,
        round(of(kind, 'perSecond')),
        rates.length === 0 ? '' : `${round(Math.min(...rates))} to ${round(Math.max(...rates))}`,
        ratio(of(kind, 'perSecond'), measure),
        round(of(kind, 'p50Us')),
        round(of(kind, 'p99Us')),
        of(kind, 'cpuPer1000')?.toFixed(3) ?? '',
      ];
    }),
  );
}

function firstTable(rows) {
  const measure = find(rows, 'mitmdump')?.of('first', 'p50Us');
  const ms = (us) => (us === undefined ? '' : (us / 1000).toFixed(1));
  return table(
    ['through', 'p50, ms', 'of mitmdump', 'p90', 'the very first'],
    rows.map(({ peer, of }) => [
      peer.name,
      ms(of('first', 'p50Us')),
      ratio(of('first', 'p50Us'), measure),
      ms(of('first', 'p90Us')),
      ms(of('first', 'firstUs')),
    ]),
  );
}

function costTable(rows) {
  return table(
    ['through', 'resident, MB', 'peak', 'bytes unchanged', 'lost', 'errors'],
    rows.map((row) => [
      row.peer.name,
      round(row.resident),
      round(row.peak),
      kept(row),
      row.lost === undefined ? '' : String(row.lost),
      String(row.errors),
    ]),
  );
}

function memoryTable(rows) {
  const counts = [
    ...new Set(rows.flatMap(({ hosts }) => hosts?.samples.map(({ completed }) => completed) ?? [])),
  ];
  counts.sort((a, b) => a - b);
  const at = ({ hosts }, count) => round(hosts?.samples.find(({ completed }) => completed === count)?.mb);
  return table(
    ['hosts', ...rows.map(({ peer }) => peer.name)],
    [
      ...counts.map((count) => [round(count), ...rows.map((row) => at(row, count))]),
      ['peak', ...rows.map(({ hosts }) => round(hosts?.memoryMb.peak))],
      ['hosts a second', ...rows.map(({ hosts }) => round(hosts?.hosts.perSecond))],
    ],
  );
}

function goalTable(rows, hosts) {
  const ours = find(rows, 'scaletap');
  const mitmdump = find(rows, 'mitmdump');
  const splice = find(rows, 'splice');
  const times = (a, b, kind, figure) => quotient(a?.of(kind, figure), b?.of(kind, figure));
  return goalsTable([
    ['requests/s of mitmdump, kept alive', times(ours, mitmdump, 'kept', 'perSecond'), '>=', 10],
    ['new tunnels/s of mitmdump', times(ours, mitmdump, 'tunnels', 'perSecond'), '>=', 4],
    ['first answer, time of mitmdump', times(ours, mitmdump, 'first', 'p50Us'), '<=', 1],
    ['requests/s of splice by ours, nobody reads', times(splice, ours, 'unread', 'perSecond'), '<=', 1.3],
    [`memory over ${round(hosts)} hosts, end by beginning`, growth(ours?.hosts), '<=', 1.2],
    ['exchanges lost', ours?.lost, '<=', 0],
  ]);
}

/**
 * How much more memory the last three samples have than the three after the first, which has what every process takes
 * to get going. Undefined when there are too few to say.
 */
function growth(hosts) {
  const mbs = hosts?.samples.map(({ mb }) => mb) ?? [];
  return mbs.length < 7 ? undefined : quotient(median(mbs.slice(-3)), median(mbs.slice(1, 4)));
}

function notesOf({ peer, rounds, hosts, failures }, wanted) {
  const counts = {};
  const add = (reason, count) => {
    counts[reason] = (counts[reason] ?? 0) + count;
  };
  for (const run of hosts === null ? rounds : [...rounds, hosts]) {
    const { bad, stopped, missing, said } = run;
    for (const kind of KINDS) {
      for (const [reason, count] of Object.entries(run[kind]?.errors ?? {})) add(`${kind}, ${reason}`, count);
    }
    if (bad > 0) add('the origin got what no phone had sent', bad);
    if (missing > 0) add(`an exchange lost${said}`, missing);
    if (missing < 0) add('an exchange in the journal that was not completed', -missing);
    if (!stopped) add(`did not stop when asked${said}`, 1);
  }
  return [
    ...(peer.missing === undefined ? [] : [`${peer.name}: ${peer.missing}`]),
    ...failures.map((failure) => `${peer.name}: ${failure}`),
    ...(hosts === null || hosts.hosts.completed >= wanted
      ? []
      : [
          `${peer.name}: ${round(hosts.hosts.completed)} of ${round(wanted)} hosts in the time that it was given`,
        ]),
    ...Object.entries(counts).map(([reason, count]) => `${peer.name}: ${count} times ${reason}`),
  ];
}

const find = (rows, name) => rows.find(({ peer }) => peer.name === name);
