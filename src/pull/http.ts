import { randomBytes } from 'node:crypto';
import { Client, errors } from 'undici';
import type { Exchange, ExchangeReason } from '../model/exchange.js';
import type { HeaderList } from '../model/message.js';
import { formatEndpoint } from '../wire/address.js';
import { DialError, type dialTls } from '../wire/dial.js';
import type { CloudRequest } from './rebuilt.js';
import { RebuiltExchange } from './rebuilt.js';

/** The largest answer that is taken: a page of 100,000 rows has about 40 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** What the journal gets of one that is larger. */
const KEPT_OF_TOO_LARGE = 65_536;

export interface CloudOptions {
  readonly host: string;
  /** A connection to the host, with TLS and a certificate that was verified. */
  readonly connect: () => ReturnType<typeof dialTls>;
  /** Is given every exchange that was begun, when it is over, before anybody reads it. */
  readonly record: (exchange: Exchange) => Promise<void> | void;
  /** For one exchange, a connection included. */
  readonly timeoutMs: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/** No answer could be had. `again` says whether another try may help. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly reason: ExchangeReason;
  readonly again: boolean;

  constructor(reason: ExchangeReason, message: string, again = true) {
    super(message);
    this.reason = reason;
    this.again = again;
  }
}

/** Header lines that are undici's, or of the app's own connection. */
const notOurs =
  /^(?:host|connection|content-length|transfer-encoding|keep-alive|upgrade|expect|te|proxy-connection|proxy-authorization)$/i;

/** Compression that can be undone for reading. */
const codings: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'identity']);

/** A header as it was; of Accept-Encoding only what we could read. */
function readable([name, value]: HeaderList[number]): HeaderList[number] {
  if (!/^accept-encoding$/i.test(name)) return [name, value];
  const wanted = value
    .split(',')
    .filter((each) => codings.has(each.replace(/;.*/s, '').trim().toLowerCase()));
  return [name, wanted.join(',').trim() || 'identity'];
}

/** Why there is no connection now, and may be one soon. */
const mayHeal: ReadonlySet<ExchangeReason> = new Set<ExchangeReason>([
  'lookup-failed',
  'connect-refused',
  'connect-timeout',
  'connect-failed',
]);

/**
 * HTTP/1.1 to one cloud over undici: one connection that is kept, one request at a time. Every exchange that was begun
 * is recorded, as it can be built anew: see {@link RebuiltExchange}.
 */
export class Cloud {
  readonly #options: CloudOptions;
  readonly #client: Client;
  readonly #connection = `pull-${randomBytes(4).toString('hex')}`;
  /** `host address:port` of the last connection. */
  #upstream = '';

  constructor(options: CloudOptions) {
    this.#options = options;
    this.#client = new Client(`https://${options.host}`, {
      pipelining: 1,
      // The time-out of an exchange is one for all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_, callback) => {
        this.#upstream = '';
        options.connect().then(
          (socket) => {
            const { remoteAddress: address = '', remotePort: port = 0 } = socket;
            this.#upstream = `${options.host} ${formatEndpoint({ address, port })}`;
            callback(null, socket);
          },
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
        );
      },
    });
  }

  /** Sends a request and resolves to the exchange with its whole answer. Rejects with {@link NoAnswer}. */
  async exchange(request: CloudRequest): Promise<Exchange> {
    const headers = request.headers.filter(([name]) => !notOurs.test(name)).map(readable);
    const open = new RebuiltExchange(this.#connection, this.#options.host, { ...request, headers });
    const signal = AbortSignal.any([this.#options.signal, AbortSignal.timeout(this.#options.timeoutMs)]);
    let failure: NoAnswer | null = null;
    try {
      const {
        statusCode,
        statusText,
        headers: raw,
        body,
      } = await this.#client.request({
        method: request.method,
        path: request.target,
        headers: headers.flat(),
        body: request.body,
        responseHeaders: 'raw',
        signal,
      });
      open.answered(statusCode, statusText, raw);
      for await (const chunk of body) {
        open.take(chunk as Buffer);
        if (open.bodyBytes <= MAX_BODY_BYTES) continue;
        open.keep(KEPT_OF_TOO_LARGE);
        throw new NoAnswer('client-left', this.#tooLarge(), false);
      }
    } catch (error) {
      failure = this.#failureOf(error);
    }
    const exchange = open.exchange(this.#upstream, failure?.reason ?? null);
    // Without a connection nothing was begun.
    if (this.#upstream !== '' && failure?.reason !== 'bad-header-line') await this.#options.record(exchange);
    if (failure !== null) throw failure;
    return exchange;
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.#client.destroy();
  }

  #failureOf(error: unknown): NoAnswer {
    const { host, signal, timeoutMs } = this.#options;
    if (error instanceof NoAnswer) return error;
    if (signal.aborted) return new NoAnswer('shutdown', `the call to ${host} was ended`, false);
    if (!(error instanceof Error)) return new NoAnswer('upstream-left', String(error));
    if (error.name === 'TimeoutError') {
      return new NoAnswer('answer-timeout', `${host} gave no whole answer within ${timeoutMs / 1000} s`);
    }
    if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) {
      return new NoAnswer('bad-header-line', `the request cannot be sent: ${error.message}`, false);
    }
    if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
      return new NoAnswer('not-http', `${host} answered with something that is not HTTP (${error.message})`);
    }
    if (error instanceof DialError)
      return new NoAnswer(error.reason, error.message, mayHeal.has(error.reason));
    return new NoAnswer(
      'upstream-left',
      `${host} closed the connection before its answer was whole (${error.message})`,
    );
  }

  #tooLarge(): string {
    return `the answer of ${this.#options.host} has more than ${MAX_BODY_BYTES} bytes`;
  }
}
