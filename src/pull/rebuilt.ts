import type { Exchange, ExchangeReason, RawMessage } from '../model/exchange.js';
import type { HeaderList } from '../model/message.js';

/** A request as it is to be sent; Host, Connection and Content-Length come by themselves. */
export interface CloudRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly target: string;
  readonly headers: HeaderList;
  readonly body: Buffer | null;
}

/**
 * An exchange of our own as the journal keeps it. undici shows neither the bytes that it sends nor those that it gets,
 * so the heads are built anew:
 *
 * - of the request as undici 7 writes it: `host` and `connection` in lower case first, then the headers in their own
 *   order and case, `content-length` last;
 * - of the answer out of its status and its headers as they came, always as HTTP/1.1. A body that came in chunks, or up
 *   to the close, stands there whole, with a Content-Length in the place of Transfer-Encoding. Compression stays.
 */
export class RebuiltExchange {
  readonly #connection: string;
  readonly #request: RawMessage;
  readonly #startedAtUs = Date.now() * 1000;
  readonly #startedAt = performance.now();
  #answeredAt = -1;
  #start = '';
  #headers: HeaderList = [];
  #chunks: Buffer[] = [];
  #bodyBytes = 0;

  constructor(connection: string, host: string, request: CloudRequest) {
    this.#connection = connection;
    this.#request = requestMessage(host, request);
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Takes the status and the headers, which are names and values in turn. */
  answered(status: number, reasonPhrase: string, raw: unknown): void {
    this.#answeredAt = performance.now();
    this.#start = `HTTP/1.1 ${status} ${reasonPhrase}`.trimEnd();
    const texts = Array.isArray(raw) ? raw.map(String) : [];
    this.#headers = texts.flatMap((name, i) => (i % 2 === 0 ? [[name, texts[i + 1] ?? ''] as const] : []));
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bodyBytes += chunk.length;
  }

  /** Lets go of all but so many bytes of the body. */
  keep(bytes: number): void {
    this.#chunks = [Buffer.concat(this.#chunks).subarray(0, bytes)];
  }

  /** The exchange as it stands. `reason` is why it is not whole, if it is not. */
  exchange(upstream: string, reason: ExchangeReason | null): Exchange {
    const since = (at: number): number => Math.max(0, Math.round((at - this.#startedAt) * 1000));
    return {
      connection: this.#connection,
      source: 'pull',
      startedAtUs: this.#startedAtUs,
      responseAfterUs: this.#answeredAt < 0 ? null : since(this.#answeredAt),
      endedAfterUs: since(performance.now()),
      client: '',
      upstream,
      answered: 'upstream',
      reason,
      request: this.#request,
      interim: new Uint8Array(0),
      response: this.#answeredAt < 0 ? null : this.#response(reason === null),
    };
  }

  #response(complete: boolean): RawMessage {
    const isFraming = (name: string) => /^(transfer-encoding|content-length)$/i.test(name);
    const headers = this.#headers.filter(([name]) => !isFraming(name));
    const told = this.#headers.find(([name]) => /^content-length$/i.test(name))?.[1];
    const length = complete || told === undefined ? String(this.#bodyBytes) : told;
    const head = headOf(this.#start, [...headers, ['Content-Length', length]]);
    return { head, body: Buffer.concat(this.#chunks), bodyBytes: this.#bodyBytes, complete };
  }
}

function requestMessage(host: string, { method, target, headers, body }: CloudRequest): RawMessage {
  const length: HeaderList = body === null ? [] : [['content-length', String(body.length)]];
  const all: HeaderList = [['host', host], ['connection', 'keep-alive'], ...headers, ...length];
  const head = headOf(`${method} ${target} HTTP/1.1`, all);
  return { head, body: body ?? new Uint8Array(0), bodyBytes: body?.length ?? 0, complete: true };
}

function headOf(start: string, headers: HeaderList): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${start}\r\n${lines.join('')}\r\n`, 'latin1');
}
