/** What the benchmark of the page has found, as tables. */
import { countErrors, goalsTable, heading, median, quotient, round, table } from './tables.mjs';

const ms = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(0));
const medianOf = (rows, pick) => median(rows.map(pick));

/**
 * @param {object} findings of the parts of page.mjs, each null when it was not asked for
 * @returns {string} Markdown
 */
export function report({ date, command, flags, cold, api, throughput, listeners, start }) {
  const sections = [
    ['The page, cold', cold, coldTable],
    ['The API beside the relay', api, apiTables],
    ['Relaying beside the page and the sinks', throughput, throughputTable],
    ['Many who listen', listeners, listenersTables],
    ['Start and memory', start, startTable],
  ];
  const goals = goalsTable([
    ['ms to the chart, cold', cold?.rounds && medianOf(cold.rounds, (one) => one.cold.chartMs), '<=', 1000],
    ['ms of the API at p99, full load', api?.rows && last(api.rows).answers[0].p99Ms, '<=', 50],
    [
      'requests/s with page and sinks',
      ratioOf(throughput?.setups, 'the page open, and the sinks'),
      '>=',
      0.9,
    ],
  ]);
  return [
    '# The page',
    `${heading(command, date)}\n${flags.years} years, ${round(flags.exchanges)} exchanges.`,
    ...sections.flatMap(([title, part, show]) => {
      if (part === null) return [];
      return [`## ${title}`, part.failure ?? show(part)];
    }),
    '## Goals',
    `${goals}\n`,
  ].join('\n\n');
}

function coldTable({ rounds }) {
  const rows = rounds.map(({ dropped, cold, again }, i) => [
    ...[String(i + 1), dropped ? 'yes' : 'no', round(cold.chartMs), round(again.chartMs)],
    ...[String(cold.requests), round(cold.bytes)],
  ]);
  const heads = [
    'round',
    'database forgotten',
    'chart after, ms',
    'the next browser, ms',
    'requests',
    'bytes',
  ];
  return table(heads, rows);
}

function apiTables({ rows }) {
  const names = rows[0].answers.map(({ name }) => name);
  const heads = ['asked for', 'bytes', ...rows.flatMap(({ name }) => [`${name}: p50, ms`, 'p99', 'most'])];
  const lines = names.map((name, i) => [
    ...[name, i === 0 ? '' : round(last(rows).answers[i].bytes)],
    ...rows.flatMap(({ answers: { [i]: each } }) => [each.p50Ms, each.p99Ms, each.mostMs].map(ms)),
  ]);
  const relayed = rows.flatMap(({ name, relayed }) =>
    relayed
      ? [
          `${name}: ${round(relayed.perSecond)} exchanges a second beside it, p99 ${round(relayed.p99Us)} µs, ${countErrors(relayed)} errors.`,
        ]
      : [],
  );
  const asked = rows.map(({ name, answers }) => `${name}: ${answers[0].count}`).join(', ');
  return [table(heads, lines), `Answers: ${asked}.`, ...relayed].join('\n\n');
}

function throughputTable({ setups }) {
  const rate = (setup) => medianOf(setup.loads, ({ perSecond }) => perSecond);
  const cpu = (setup) => medianOf(setup.loads, ({ cpuPer1000 }) => cpuPer1000);
  const rows = setups.map((setup) => [
    ...[setup.name, round(rate(setup)), (rate(setup) / rate(setups[0])).toFixed(2)],
    ...[cpu(setup).toFixed(4), (cpu(setup) / cpu(setups[0])).toFixed(2)],
    round(medianOf(setup.loads, ({ p99Us }) => p99Us)),
    (medianOf(setup.loads, ({ sinkCpu, measured }) => sinkCpu / measured) * 1000).toFixed(4),
    round(medianOf(setup.loads, ({ memoryMb }) => memoryMb.now)),
    String(setup.loads.reduce((sum, each) => sum + countErrors(each), 0)),
  ]);
  const heads = [
    ...['with', 'requests/s', 'of nothing', 'CPU s per 1000', 'of nothing', 'p99, µs'],
    ...['CPU s per 1000, the sinks', 'resident, MB', 'errors'],
  ];
  const [last] = setups.at(-1).loads.slice(-1);
  const weighed = `Beside each load ${last.weighIns} weigh-ins of four values. Delivered in the last round: ${last.delivered.join(', ')}.`;
  return `${table(heads, rows)}\n\n${weighed}`;
}

function ratioOf(setups, name) {
  const [nothing] = setups ?? [];
  const with_ = setups?.find((setup) => setup.name === name);
  if (nothing === undefined || with_ === undefined) return undefined;
  const rate = (setup) => medianOf(setup.loads, ({ perSecond }) => perSecond);
  return quotient(rate(with_), rate(nothing));
}

function listenersTables({ listeners, before, during, after, calm, atFull, atHousehold, memory }) {
  const rates = [
    ['nobody listens', before],
    [`${listeners} listen`, during],
    ['they are gone', after],
    [`${listeners} listen, a household`, calm],
  ].map(([name, load]) => [
    ...[name, round(load.perSecond), (load.perSecond / before.perSecond).toFixed(2)],
    ...[load.cpuPer1000.toFixed(3), round(load.p99Us), String(countErrors(load))],
  ]);
  const got = ({ least, most, closed }) => `${least} to ${most} events each, ${closed} closed`;
  return [
    table(['', 'requests/s', 'of nobody', 'CPU s per 1000', 'p99, µs', 'errors'], rates),
    `At full speed ${got(atFull)}; with a household ${got(atHousehold)}.`,
    table(
      ['memory', 'resident, MB'],
      memory.map(([when, mb]) => [when, round(mb)]),
    ),
  ].join('\n\n');
}

function startTable({ rows }) {
  const heads = ['', 'start, ms', 'resident, MB', 'after load, MB', 'requests/s', 'CPU s per 1000'];
  const lines = rows.map(({ name, startMs, idleMb, loadedMb, perSecond, cpu }) => [
    ...[name, round(median(startMs)), median(idleMb).toFixed(1), round(median(loadedMb))],
    ...[round(median(perSecond)), median(cpu).toFixed(4)],
  ]);
  return table(heads, lines);
}

const last = (list) => list[list.length - 1];
