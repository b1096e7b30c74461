/** What the rounds say, as tables that read the same on a terminal and as Markdown. */
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
 * @typedef {import('./peers.mjs').Peer} Peer
 * @typedef {import('./round.mjs').Round} Round
 *
 * @typedef {object} Result
 * @property {Peer} peer
 * @property {Round[]} rounds
 * @property {string[]} failures rounds that came to nothing, and why
 *
 * @typedef {object} Soak
 * @property {{ completed: number, mb: number, seconds: number }[]} samples
 * @property {{ now: number, peak: number }} memoryMb
 * @property {number} perSecond
 * @property {number} completed
 * @property {number} missing
 * @property {string} said
 * @property {Record<string, number>} errors
 *
 * @typedef {object} Findings
 * @property {Date} date
 * @property {string} command
 * @property {number} connections
 * @property {Result[]} results
 * @property {number[]} nodeMs times of a Node that does nothing
 * @property {Soak | { failure: string } | null} soak
 */

/**
 * @param {Findings} findings
 * @returns {string} Markdown
 */
export function report(findings) {
  const { date, command, connections, results, nodeMs, soak } = findings;
  const rows = results.filter(({ rounds }) => rounds.length > 0).map(summarise);
  const parts = ['# Benchmark', heading(command, date)];
  if (rows.length > 0) {
    const empty = median(nodeMs);
    parts.push(
      `## Speed\n\n${speedTable(rows, connections)}`,
      `## Cost and faithfulness\n\n${costTable(rows, empty)}`,
      `\`node -e 0\` takes ${round(empty)} ms. Every number is the median of the rounds; "range" is of requests/s.`,
      `## Goals\n\n${goalTable(rows, empty, soak)}`,
    );
  }
  if (soak !== null) parts.push(`## Soak\n\n${soakTable(soak)}`);
  const notes = results.flatMap(notesOf);
  if (notes.length > 0) parts.push(notesList(notes));
  return `${parts.join('\n\n')}\n`;
}

function summarise({ peer, rounds }) {
  const of = (pick) => median(rounds.map(pick));
  const rates = rounds.map(({ many }) => many.perSecond);
  return {
    peer,
    perSecond: median(rates),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    manyP50: of(({ many }) => many.p50Us),
    manyP99: of(({ many }) => many.p99Us),
    oneP50: of(({ one }) => one.p50Us),
    oneP99: of(({ one }) => one.p99Us),
    cpu: of(({ many }) => many.cpuPer1000),
    memory: of(({ memoryMb }) => memoryMb?.now),
    peak: of(({ memoryMb }) => memoryMb?.peak),
    startMs: of(({ startMs }) => startMs),
    lost: peer.journal ? rounds.reduce((sum, { missing }) => sum + Math.max(0, missing), 0) : undefined,
    errors: rounds.reduce((sum, { many, one, bad }) => sum + countErrors(many) + countErrors(one) + bad, 0),
    requestsKept: rounds.every(({ requestsKept }) => requestsKept),
    repliesKept: rounds.every(({ many, one }) => many.repliesKept && one.repliesKept),
  };
}

function speedTable(rows, connections) {
  const splice = find(rows, 'splice');
  const tapped = find(rows, 'http-proxy-tap');
  const many = `${connections} connections`;
  return table(
    [
      'through',
      'keeps',
      'requests/s',
      'range',
      'of splice',
      'of http-proxy-tap',
      `p50, µs, ${many}`,
      'p99',
      'p50, µs, 1 connection',
      'p99',
    ],
    rows.map((row) => [
      row.peer.name,
      row.peer.keeps,
      round(row.perSecond),
      `${round(row.slowest)} to ${round(row.fastest)}`,
      ratio(row.perSecond, splice?.perSecond),
      ratio(row.perSecond, tapped?.perSecond),
      round(row.manyP50),
      round(row.manyP99),
      round(row.oneP50),
      round(row.oneP99),
    ]),
  );
}

function costTable(rows, emptyMs) {
  return table(
    [
      'through',
      'CPU s per 1000',
      'resident, MB',
      'peak',
      'start, ms',
      'of node -e 0',
      'bytes unchanged',
      'lost',
      'errors',
    ],
    rows.map((row) => [
      row.peer.name,
      row.cpu === undefined ? '' : row.cpu.toFixed(3),
      round(row.memory),
      round(row.peak),
      round(row.startMs),
      ratio(row.startMs, emptyMs),
      kept(row),
      row.lost === undefined ? '' : String(row.lost),
      String(row.errors),
    ]),
  );
}

/** What scaletap asks of itself. A goal that is missed is shown; it fails nothing. */
function goalTable(rows, emptyMs, soak) {
  const ours = find(rows, 'scaletap');
  const splice = find(rows, 'splice');
  const tapped = find(rows, 'http-proxy-tap');
  const mitmdump = find(rows, 'mitmdump');
  const million = soak?.completed >= 1_000_000 ? soak : undefined;
  const goals = [
    ['requests/s of the bare splice', quotient(ours?.perSecond, splice?.perSecond), '>=', 0.65],
    ['requests/s of http-proxy with taps', quotient(ours?.perSecond, tapped?.perSecond), '>=', 2.3],
    ['requests/s of mitmdump', quotient(ours?.perSecond, mitmdump?.perSecond), '>=', 25],
    ['p99 of http-proxy with taps', quotient(ours?.manyP99, tapped?.manyP99), '<=', 1],
    ['p50 of the bare splice, 1 connection', quotient(ours?.oneP50, splice?.oneP50), '<=', 1.3],
    ['MB resident after a million exchanges', million?.memoryMb.now, '<=', 150],
    ['start of `node -e 0`', quotient(ours?.startMs, emptyMs), '<=', 6],
    ['exchanges lost', ours?.lost, '<=', 0],
  ];
  return goalsTable(goals);
}

function soakTable({ failure, samples, memoryMb, perSecond, completed, missing, said, errors }) {
  if (failure !== undefined) return failure;
  const rows = samples.map(({ completed, seconds, mb }) => [round(completed), seconds.toFixed(1), round(mb)]);
  const sum = [
    `${round(completed)} exchanges through scaletap, ${round(perSecond)} a second,`,
    `peak ${round(memoryMb.peak)} MB, ${missing} lost, ${countErrors({ errors })} errors.${said}`,
  ];
  return `${table(['exchanges', 'after, s', 'resident, MB'], rows)}\n\n${sum.join(' ')}`;
}

function notesOf({ peer, rounds, failures }) {
  const counts = {};
  const add = (reason, count) => {
    counts[reason] = (counts[reason] ?? 0) + count;
  };
  for (const { many, one, bad, stopped, missing, said } of rounds) {
    for (const [reason, count] of Object.entries(many.errors)) add(reason, count);
    for (const [reason, count] of Object.entries(one.errors)) add(reason, count);
    if (bad > 0) add('the origin got what no scale had sent', bad);
    if (missing > 0) add(`an exchange lost${said}`, missing);
    if (missing < 0) add('an exchange in the journal that was not completed', -missing);
    if (stopped === false) add(`did not stop when asked${said}`, 1);
  }
  return [
    ...(peer.missing === undefined ? [] : [`${peer.name}: ${peer.missing}`]),
    ...failures.map((failure) => `${peer.name}: ${failure}`),
    ...Object.entries(counts).map(([reason, count]) => `${peer.name}: ${count} times ${reason}`),
  ];
}

const find = (rows, name) => rows.find(({ peer }) => peer.name === name);
