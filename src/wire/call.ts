import type { Socket } from 'node:net';
import type { Exchange, ExchangeReason, RawMessage, RefusalReason } from '../model/exchange.js';
import { formatEndpoint } from './address.js';
import type { AnswerLimits } from './call-answer.js';
import { IncomingAnswer } from './call-answer.js';
import type { DialOptions } from './dial.js';
import { DialError, dial } from './dial.js';
import type { Upstream } from './upstreams.js';

/** Why a call of our own got no answer. */
export type CallReason =
  /** There is no connection; the first five are those of the dial. */
  | 'lookup-failed'
  | 'upstream-is-self'
  | 'connect-refused'
  | 'connect-timeout'
  | 'connect-failed'
  /** The whole answer did not come in time. */
  | 'answer-timeout'
  /** Upstream closed or reset before the whole answer was there. */
  | 'connection-lost'
  | 'answer-too-large'
  /** The answer is not HTTP, or its end cannot be found. */
  | 'answer-unreadable'
  /** We closed the call ourselves. */
  | 'closed';

/** A call of our own got no answer. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly reason: CallReason;
  /** Whether upstream may have got the request all the same. */
  readonly sent: boolean;

  constructor(reason: CallReason, message: string, sent: boolean) {
    super(message);
    this.reason = reason;
    this.sent = sent;
  }
}

export interface CallOptions extends AnswerLimits {
  readonly dial: DialOptions;
  /** Names the call in its exchanges, as a client connection is named. */
  readonly connection: string;
  /** Told of every exchange that was begun, when it is over. It must not throw. */
  readonly onExchange?: (exchange: Exchange) => void;
}

/** Exchanges of our own with one upstream, over a connection that is kept from one to the next. */
export interface UpstreamCall {
  readonly upstream: Upstream;
  /**
   * Sends a request and resolves to the whole answer; interim ones are passed over. One at a time. The time-out is
   * for all of it, a connection included. A connection that upstream has closed since the last exchange is replaced
   * by a new one; a request that was sent is never sent again. Rejects with a {@link CallError}.
   */
  exchange(request: RawMessage, timeoutMs: number): Promise<RawMessage>;
  /** Closes the connection. An open exchange is rejected. */
  close(): void;
}

/** Upstream is not dialled before the first exchange. */
export function openCall(upstream: Upstream, options: CallOptions): UpstreamCall {
  return new Call(upstream, options);
}

class Call implements UpstreamCall {
  readonly upstream: Upstream;
  readonly #options: CallOptions;
  #connection: Connection | null = null;
  /** Gives up the open exchange. */
  #giveUp: ((error: CallError) => void) | null = null;
  #closed = false;

  constructor(upstream: Upstream, options: CallOptions) {
    this.upstream = upstream;
    this.#options = options;
  }

  async exchange(request: RawMessage, timeoutMs: number): Promise<RawMessage> {
    if (this.#giveUp) throw new Error('a call has one exchange at a time');
    if (this.#closed) throw this.#closedError(false);
    let timer: NodeJS.Timeout | undefined;
    let connected = false;
    const givenUp = new Promise<CallError>((resolve) => {
      this.#giveUp = resolve;
      timer = setTimeout(() => resolve(this.#timeoutError(connected, timeoutMs)), timeoutMs);
    });
    try {
      const connection = await this.#connect(givenUp);
      connected = true;
      return await connection.exchange(request, givenUp);
    } finally {
      clearTimeout(timer);
      this.#giveUp = null;
      if (!this.#connection?.isUsable) this.#connection = null;
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#giveUp) this.#giveUp(this.#closedError(this.#connection !== null));
    else this.#connection?.destroy();
  }

  /** The connection that is there, or a new one. */
  async #connect(givenUp: Promise<CallError>): Promise<Connection> {
    if (this.#connection?.isUsable) return this.#connection;
    this.#connection = null;
    const dialling = dial(this.upstream, this.#options.dial);
    let outcome: Socket | CallError;
    try {
      outcome = await Promise.race([dialling, givenUp]);
    } catch (error) {
      throw error instanceof DialError ? new CallError(reasonOf(error), error.message, false) : error;
    }
    if (outcome instanceof CallError) {
      const tooLate = (socket: Socket): void => void socket.destroy();
      dialling.then(tooLate, () => undefined);
      throw outcome;
    }
    this.#connection = new Connection(outcome, this.upstream.host, this.#options);
    return this.#connection;
  }

  #timeoutError(connected: boolean, timeoutMs: number): CallError {
    const { host } = this.upstream;
    const within = `within ${timeoutMs / 1000} s`;
    return connected
      ? new CallError('answer-timeout', `${host} gave no whole answer ${within}`, true)
      : new CallError('connect-timeout', `no connection to ${host} ${within}`, false);
  }

  #closedError(sent: boolean): CallError {
    return new CallError('closed', `the call to ${this.upstream.host} was closed`, sent);
  }
}

/** A connection that serves one exchange after another for as long as both sides keep it. */
class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #options: CallOptions;
  /** As it stands in the exchanges. */
  readonly #upstream: string;
  #lost = false;
  #answer: IncomingAnswer | null = null;
  /** The open exchange may be over. */
  #changed: () => void = () => undefined;

  constructor(socket: Socket, host: string, options: CallOptions) {
    this.#socket = socket;
    this.#host = host;
    this.#options = options;
    const { remoteAddress: address = '', remotePort: port = 0 } = socket;
    this.#upstream = `${host} ${formatEndpoint({ address, port })}`;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('end', () => {
      this.#answer?.end();
      this.#ended();
    });
    socket.on('error', () => this.#ended());
    socket.on('close', () => this.#ended());
  }

  get isUsable(): boolean {
    return !this.#lost;
  }

  destroy(): void {
    this.#lost = true;
    this.#socket.destroy();
  }

  async exchange(request: RawMessage, givenUp: Promise<CallError>): Promise<RawMessage> {
    const answer = new IncomingAnswer(request, this.#options);
    this.#answer = answer;
    const over = new Promise<null>((resolve) => {
      this.#changed = () => {
        if (answer.isOver || this.#lost) resolve(null);
      };
    });
    this.#socket.write(Buffer.concat([request.head, request.body]));
    const error = (await Promise.race([over, givenUp])) ?? this.#errorOf(answer);
    this.#answer = null;
    if (error !== null || !answer.keepsConnection) this.destroy();
    const { connection, onExchange } = this.#options;
    onExchange?.(answer.exchange(connection, this.#upstream, error && cutReason(error, answer)));
    if (error !== null || answer.whole === null)
      throw error ?? new Error('an answer is neither whole nor not');
    return answer.whole;
  }

  #received(chunk: Buffer): void {
    // Nobody has asked for anything.
    if (this.#answer === null) this.destroy();
    this.#answer?.push(chunk);
    this.#changed();
  }

  #ended(): void {
    this.destroy();
    this.#changed();
  }

  /** What is wrong with an answer that is over; null when it is whole. */
  #errorOf(answer: IncomingAnswer): CallError | null {
    if (answer.whole !== null) return null;
    if (answer.fault === null) {
      const message = `${this.#host} closed the connection before its answer was whole`;
      return new CallError('connection-lost', message, true);
    }
    if (answer.fault === 'too-large') {
      return new CallError('answer-too-large', `the answer of ${this.#host} is too large`, true);
    }
    const message = `the answer of ${this.#host} cannot be read (${answer.fault})`;
    return new CallError('answer-unreadable', message, true);
  }
}

/** Why an exchange is not whole, in the words of the journal. */
function cutReason({ reason }: CallError, { fault }: IncomingAnswer): ExchangeReason {
  if (fault !== null && fault !== 'too-large') return fault;
  if (reason === 'answer-timeout') return reason;
  if (reason === 'closed') return 'shutdown';
  return reason === 'connection-lost' ? 'upstream-left' : 'client-left';
}

function reasonOf({ reason }: DialError): CallReason {
  const reasons: Partial<Record<RefusalReason, CallReason>> = {
    'lookup-failed': 'lookup-failed',
    'upstream-is-self': 'upstream-is-self',
    'connect-refused': 'connect-refused',
    'connect-timeout': 'connect-timeout',
  };
  return reasons[reason] ?? 'connect-failed';
}
