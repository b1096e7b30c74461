import type { DeliveryStatus } from '../sinks/delivery.js';
import { formatEndpoint } from '../wire/address.js';
import type { PageAnswer, PageRequest } from './answer.js';
import { answer, textAnswer } from './answer.js';
import type { Status } from './status.js';

/** Where it stands. */
export const HEALTH = '/healthz';

/**
 * Whether scaletap does what it is there for: 200, or 503 with what is wrong. As text `ok` or a line for each thing that
 * is wrong, and behind it a line for each sink in trouble. As JSON `status` (`ok`, `trouble`), `problems`, `listening`,
 * `store` (`ok`, `opening`, `not-writable`, `silent`), `lastExchange` and `sinks` (null when nobody can tell).
 *
 * A sink in trouble is no reason for 503: nothing is lost by it, and starting scaletap again does not mend it. What a
 * sink has said in words is left out: a server may have put anything into it, and nobody has to sign in here.
 */
export function healthPage(request: PageRequest, status: Status, asJson: boolean): PageAnswer {
  const problems = problemsOf(status);
  const code = problems.length === 0 ? 200 : 503;
  if (asJson) {
    const body = Buffer.from(`${JSON.stringify(health(status, problems))}\n`);
    return answer(request, code, 'application/json', body);
  }
  const sinks = sinksOf(status) ?? [];
  const lines = [...(problems.length === 0 ? ['ok'] : problems), ...sinks.flatMap(troubleOf)];
  return textAnswer(request, code, lines.join('\n'));
}

/** What is wrong, in words; empty when all is well. */
export function problemsOf({ deaf, store }: Status): string[] {
  const problems: string[] = [];
  if (deaf !== null) problems.push(`nobody answers at ${formatEndpoint(deaf)}`);
  if (store === 'opening') problems.push('the database is not open: exchanges wait in memory');
  else if (store === 'silent') problems.push('the thread of the store does not answer');
  else if (!store.isWritable) problems.push('the database cannot be written: exchanges wait in memory');
  return problems;
}

function health(status: Status, problems: readonly string[]) {
  const { scales, phones, store } = status;
  const known = typeof store === 'string' ? null : store;
  return {
    status: problems.length === 0 ? 'ok' : 'trouble',
    problems,
    listening: { scales: scales.map(formatEndpoint), phones: phones.map(formatEndpoint) },
    store: typeof store === 'string' ? store : store.isWritable ? 'ok' : 'not-writable',
    lastExchange: timeText(known?.lastExchangeUs ?? null),
    sinks:
      sinksOf(status)?.map(({ name, state, cause, backlog }) => ({
        name,
        state,
        cause: cause ?? null,
        backlog,
      })) ?? null,
  };
}

/** Null while the store does not tell. */
export function sinksOf({ store }: Status): readonly DeliveryStatus[] | null {
  return typeof store === 'string' ? null : store.sinks;
}

function troubleOf({ name, cause, backlog }: DeliveryStatus): string[] {
  if (cause === undefined) return [];
  return [`sink ${name}: ${cause}${backlog === null ? '' : `, ${backlog} readings wait`}`];
}

/** RFC 3339 in UTC, to the millisecond. */
function timeText(us: number | null): string | null {
  return us === null ? null : new Date(us / 1000).toISOString();
}
