import type { Exchange, RawMessage } from '../../src/model/exchange.js';
import type { Asked, Failed, Plan, Review, StandIn } from '../../src/wire/stand-in.js';

/** A stand-in that does as it is told, and tells what it was asked. */
export class ScriptedStandIn implements StandIn {
  mayCall = true;
  firstByteTimeoutMs = 20_000;
  answerTimeoutMs = 20_000;
  /** What it says of every request, by its path. */
  plans: Readonly<Record<string, Plan | 'undecided'>> = {};
  /** What it says of requests that are whole, by their body. */
  wholePlan: (body: string) => Plan | Promise<Plan> = () => 'relay';
  reviewing: (response: string) => Review = () => ({ failed: null, verdict: { kind: 'pass' } });
  stands = true;
  /** What it answers; null for nothing. */
  answering: (exchange: Exchange) => string | null | Promise<string | null> = () => ours('{"status":0}');
  readonly failures: Failed[] = [];
  /** Exchanges that it was asked to answer. */
  readonly exchanges: Exchange[] = [];
  readonly closedConnections: string[] = [];

  plan({ facts }: Asked): Plan | 'undecided' {
    return this.plans[facts.target] ?? 'relay';
  }

  planWhole(_: Asked, request: RawMessage): Plan | Promise<Plan> {
    return this.wholePlan(latin1(request.body));
  }

  review(_: Asked, __: 'review' | 'try', ___: RawMessage, response: RawMessage): Review {
    return this.reviewing(latin1(response.head) + latin1(response.body));
  }

  standsInFor(_: Asked, failed: Failed): boolean {
    this.failures.push(failed);
    return this.stands;
  }

  async answer(_: Asked, exchange: Exchange): Promise<RawMessage | null> {
    this.exchanges.push(exchange);
    const text = await this.answering(exchange);
    return text === null ? null : messageOf(text);
  }

  closed(connection: string): void {
    this.closedConnections.push(connection);
  }
}

/** A whole answer of ours. */
export function ours(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

export function messageOf(text: string): RawMessage {
  const end = text.indexOf('\r\n\r\n') + 4;
  const body = Buffer.from(text.slice(end), 'latin1');
  return { head: Buffer.from(text.slice(0, end), 'latin1'), body, bodyBytes: body.length, complete: true };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
