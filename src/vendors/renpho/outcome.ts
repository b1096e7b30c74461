import type { RenphoExchange } from './exchange.js';

/** What an answer says of a request as a whole. */
type Answered = Pick<RenphoExchange, 'api' | 'status' | 'code'>;

/** 101 is what the new cloud says when all is well; clients of it take the others for the same. */
const successes: ReadonlySet<string> = new Set(['101', '0', '200', '20000']);

/** Whether a code of the new cloud says that all is well. */
export function isSuccess(code: string): boolean {
  return successes.has(code);
}

/** Whether the cloud has done what was asked. */
export function isGood({ api, status, code }: Answered): boolean {
  if (status < 200 || status > 299 || code === null) return false;
  return api === 'old' ? code === '20000' : isSuccess(code);
}

/** What says that a session is not taken any more, in words such as `HTTP 401`; null when nothing does. */
export function staleBy({ api, status, code }: Answered): string | null {
  if (status === 401 || status === 403) return `HTTP ${status}`;
  if (api === 'new') return code === '401' || code === '403' ? `code ${code}` : null;
  return code === '40302' ? `status ${code}` : null;
}
