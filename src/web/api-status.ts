import type { Answers } from '../views/shapes.js';
import { formatEndpoint } from '../wire/address.js';
import { problemsOf, sinksOf } from './health.js';
import type { Status } from './status.js';

/**
 * How scaletap does, for the page. What a sink has said in words is in it, other than in `/healthz`: it is for those who
 * may see the data as well.
 */
export function apiStatus(status: Status): Answers['status'] {
  const { version, startedS, mode, scales, phones, breakers } = status;
  const sinks = sinksOf(status)?.map((sink) => ({
    name: sink.name,
    state: sink.state,
    cause: sink.cause ?? null,
    message: sink.message ?? null,
    backlog: sink.backlog,
    delivered: sink.deliveredCount,
    nextTryMs: sink.nextTryMs ?? null,
  }));
  return {
    version,
    startedMs: startedS * 1000,
    mode,
    problems: problemsOf(status),
    listening: { scales: scales.map(formatEndpoint), phones: phones.map(formatEndpoint) },
    breakers: [...breakers].map(([host, open]) => ({ host, open })),
    sinks: sinks ?? null,
  };
}
