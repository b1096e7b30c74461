import { modes } from '../config/choices.js';
import type { RelayCount } from '../recorder/counters.js';
import type { PageAnswer, PageRequest } from './answer.js';
import { answer } from './answer.js';
import type { Status } from './status.js';

/** Where they stand. */
export const METRICS = '/metrics';

/**
 * Limits of the histogram in microseconds, from 5 ms to 25 s. Each is one of those that {@link RelayCount} counts by, so
 * that its buckets are added up and none is cut.
 */
const boundsUs = [5e3, 1e4, 2.5e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 2.5e7];

type Labels = Readonly<Record<string, string>>;

/** A value under labels; `suffix` goes behind the name of the family. */
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/**
 * The numbers of scaletap in the text format of Prometheus, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/. What the store's thread would tell is left out while it
 * does not answer. Counters begin anew with the process, and with a thread that is started again.
 */
export function metricsPage(request: PageRequest, status: Status): PageAnswer {
  const body = Buffer.from(families(status).join(''));
  return answer(request, 200, 'text/plain; version=0.0.4; charset=utf-8', body);
}

function families({ store, mode, breakers, version, startedS, residentBytes }: Status): string[] {
  const known = typeof store === 'string' ? null : store;
  const { counts = [], sinks = [], lastExchangeUs = null } = known ?? {};
  return [
    family('scaletap_build_info', 'gauge', 'The version that runs.', [one(1, { version })]),
    family(
      'scaletap_mode',
      'gauge',
      '1 for the mode that scaletap is in.',
      modes.map((each) => one(each === mode ? 1 : 0, { mode: each })),
    ),
    family('scaletap_store_up', 'gauge', '1 while the store answers and can be written.', [
      one(known?.isWritable ? 1 : 0),
    ]),
    family(
      'scaletap_exchanges_total',
      'counter',
      'Exchanges of clients that are kept.',
      counts.map((count) => one(count.exchanges, labelsOf(count))),
    ),
    family(
      'scaletap_exchange_reasons_total',
      'counter',
      'Those of them that were not plain, by why.',
      counts.flatMap((count) =>
        [...count.reasons].map(([reason, exchanges]) => one(exchanges, { ...labelsOf(count), reason })),
      ),
    ),
    family(
      'scaletap_response_seconds',
      'histogram',
      'From a request to the first byte of its response.',
      counts.flatMap(histogram),
    ),
    family(
      'scaletap_last_exchange_timestamp_seconds',
      'gauge',
      'When the newest exchange of a client began.',
      lastExchangeUs === null ? [] : [one(lastExchangeUs / 1e6)],
    ),
    family(
      'scaletap_sink_up',
      'gauge',
      '0 from a failed delivery until one goes through.',
      sinks.map(({ name, cause }) => one(cause === undefined ? 1 : 0, { sink: name })),
    ),
    family(
      'scaletap_sink_backlog',
      'gauge',
      'Readings that wait for their delivery.',
      sinks.flatMap(({ name, backlog }) => (backlog === null ? [] : [one(backlog, { sink: name })])),
    ),
    family(
      'scaletap_breaker_open',
      'gauge',
      '1 while scaletap answers in the place of this server.',
      [...breakers].map(([host, isOpen]) => one(isOpen ? 1 : 0, { host })),
    ),
    family('process_resident_memory_bytes', 'gauge', 'Memory of the process.', [one(residentBytes)]),
    family('process_start_time_seconds', 'gauge', 'When the process began.', [one(startedS)]),
  ];
}

/** Buckets hold all that is within their limit, what the ones before them hold too. */
function histogram(count: RelayCount): Sample[] {
  const labels = labelsOf(count);
  const within = (limitUs: number) =>
    count.buckets.reduce((sum, bucket) => (bucket.upToUs <= limitUs ? sum + bucket.count : sum), 0);
  return [
    ...boundsUs.map((limitUs) => one(within(limitUs), { ...labels, le: String(limitUs / 1e6) }, '_bucket')),
    one(count.responses, { ...labels, le: '+Inf' }, '_bucket'),
    one(count.sumUs / 1e6, labels, '_sum'),
    one(count.responses, labels, '_count'),
  ];
}

function labelsOf({ vendor, answered }: RelayCount): Labels {
  return { vendor: vendor ?? 'unknown', answered };
}

function one(value: number, labels: Labels = {}, suffix?: Sample['suffix']): Sample {
  return { labels, value, ...(suffix && { suffix }) };
}

/** A family with its lines; nothing where it has no value. */
function family(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return '';
  const lines = samples.map(
    ({ suffix = '', labels, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** A label's value may be any text; these three end it, or the line, otherwise. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
