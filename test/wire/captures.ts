import { readdirSync, readFileSync } from 'node:fs';

/** One thing that was said on a captured connection. */
export interface Step {
  readonly by: 'client' | 'upstream';
  readonly bytes: Buffer;
}

/** A captured connection: its steps in order, and how many exchanges it holds. */
export interface Capture {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly exchanges: number;
}

const folder = new URL('../../captures/', import.meta.url);

/**
 * The captures, taken apart as their README says: both directions of one stream in the order they crossed. Knows only
 * what is in these files, so that it does not repeat the faults of the reader that it tests.
 */
export function captures(): Capture[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.http'))
    .map((name) => ({ name, ...takeApart(readFileSync(new URL(name, folder))) }));
}

function takeApart(raw: Buffer): Omit<Capture, 'name'> {
  const steps: Step[] = [];
  let at = 0;
  let exchanges = 0;
  const take = (by: Step['by'], end: number): string => {
    steps.push({ by, bytes: raw.subarray(at, end) });
    const text = raw.toString('latin1', at, end);
    at = end;
    return text;
  };
  const headEnd = (): number => raw.indexOf('\r\n\r\n', at) + 4;
  const length = (head: string): number => Number(/content-length: (\d+)/i.exec(head)?.[1]);
  for (; at < raw.length; exchanges++) {
    const request = take('client', headEnd());
    if (raw.toString('latin1', at, at + 12) === 'HTTP/1.1 100') take('upstream', headEnd());
    take('client', at + length(request));
    const response = take('upstream', headEnd());
    const chunked = /transfer-encoding: chunked/i.test(response);
    take('upstream', chunked ? raw.indexOf('\r\n0\r\n\r\n', at) + 7 : at + length(response));
  }
  return { steps, exchanges };
}

/** Everything that one side said. */
export function said({ steps }: Capture, by: Step['by']): Buffer {
  return Buffer.concat(steps.filter((step) => step.by === by).map(({ bytes }) => bytes));
}
