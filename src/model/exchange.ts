/**
 * The words of the wire.
 *
 * - client: the scale or phone that connected to us
 * - upstream: the vendor's server for that client
 * - message: one HTTP request or response, head bytes and body bytes as they crossed
 * - exchange: one request with its response, the addresses, the times, and how it was answered
 */

/** Who gave the client its answer: the vendor's server, we from learnt values, or we with an error. */
export type Answered = 'upstream' | 'replayed' | 'refused';

/** Why the passive reader could not find where a message ends. The connection went on as a tunnel. */
export type FramingReason =
  /** The head did not end within the limit. */
  | 'head-too-large'
  /** The start line is not HTTP/1.x. */
  | 'not-http'
  /** A header line without a colon, with space before it, or folded over two lines. */
  | 'bad-header-line'
  | 'nul-in-head'
  /** Content-Length is not a whole number below 2^53. */
  | 'bad-content-length'
  /** Several Content-Length values that differ. */
  | 'conflicting-content-length'
  /** Content-Length and Transfer-Encoding in one head (RFC 9112 section 6.1). */
  | 'length-with-transfer-encoding'
  /** A transfer coding whose end we cannot find. */
  | 'unknown-transfer-encoding'
  | 'bad-chunk-size'
  /** The bytes after a chunk are not CRLF. */
  | 'bad-chunk-end'
  | 'trailer-too-large'
  /** Upstream spoke without having been asked. */
  | 'response-without-request'
  /** More requests wait for an answer than the tap keeps track of. */
  | 'too-many-pending'
  /** After 101 or a successful CONNECT the bytes are another protocol. */
  | 'upgraded';

/** Why we answered with an error of our own, or gave up on a connection. */
export type RefusalReason =
  /** The Host header names no upstream of the allow list. */
  | 'host-not-allowed'
  /** The head names two different hosts. */
  | 'conflicting-host'
  /** CONNECT or an absolute-form target on a listener for scales. */
  | 'not-origin-form'
  /** The head did not arrive in time. */
  | 'head-timeout'
  /** The upstream's name could not be looked up. */
  | 'lookup-failed'
  /** The upstream's address is our own: the DNS override leads the relay back to itself. */
  | 'upstream-is-self'
  | 'connect-refused'
  | 'connect-timeout'
  | 'connect-failed'
  /** Upstream is not to be called, and there is no answer of our own to this request. */
  | 'offline'
  /** The answer of upstream may hold an order that must not reach the device, and could not be taken apart. */
  | 'answer-withheld'
  /** What the proxy was asked for is no host and port that a client may ask for. */
  | 'bad-target'
  /** The proxy was asked for a port that is neither 80 nor 443, and not allowed by the settings. */
  | 'port-not-allowed'
  /** The proxy was asked for a place that is not on the internet: this machine, or another one of the house. */
  | 'target-not-allowed'
  /** The proxy asks for a user and password, and these are not they. */
  | 'proxy-auth'
  /** The proxy serves the house only. */
  | 'client-not-local'
  /** The upstream's certificate is not trusted. */
  | 'upstream-certificate'
  /** No TLS connection to upstream could be had for another reason. */
  | 'upstream-tls';

/** Why a client of the proxy could not be read, although its vendor's traffic is read otherwise. */
export type InterceptReason =
  /** It does not trust our certificate, and said so. */
  | 'certificate-refused'
  /** It has no TLS version or cipher in common with us. */
  | 'no-common-cipher'
  /** It speaks HTTP/2 only. */
  | 'only-h2'
  /** Its first bytes are no TLS, nor HTTP for port 80. */
  | 'not-tls'
  /** It speaks TLS, but its hello makes no sense. */
  | 'bad-hello'
  /** It left in the middle of the handshake without a word. */
  | 'left-handshake'
  /** It left after the handshake without having asked for anything, as one does that pins its certificate. */
  | 'left-unused'
  /** The handshake failed in another way. */
  | 'handshake-failed';

/** Why an answer is not upstream's own, when it is neither a refusal nor a failed connection. */
type StandInReason =
  /** Upstream did not begin to answer in time. */
  | 'upstream-timeout'
  /** Its answer did not come to its end in time. */
  | 'answer-timeout'
  /** It answered with a 5xx. */
  | 'server-error'
  /** It answered with something that is not the vendor's protocol, such as the page of a captive portal. */
  | 'not-protocol'
  /** It answered with a status that means that there is nothing to be had from it. */
  | 'bad-status'
  /** It failed shortly before, and was not tried again. */
  | 'upstream-down'
  /** We opened the session, so upstream does not know it. */
  | 'own-session'
  /** Orders to install firmware or to move to another server were taken out of its answer. */
  | 'orders-removed';

/** Why an exchange is not whole although nothing was refused. */
export type CutReason =
  /** The client closed or reset before the exchange was over. */
  | 'client-left'
  /** Upstream closed or reset before the exchange was over. */
  | 'upstream-left'
  /** Nothing crossed for longer than the idle time-out. */
  | 'idle-timeout'
  /** scaletap was stopped. */
  | 'shutdown';

export type ExchangeReason = FramingReason | RefusalReason | StandInReason | InterceptReason | CutReason;

/** One HTTP message as it crossed, not altered in any way. */
export interface RawMessage {
  /** Start line and header lines with the blank line that ends them; empty when no head could be framed. */
  readonly head: Uint8Array;
  /** Body bytes as they crossed, chunk framing and trailers included; at most the tap's limit. */
  readonly body: Uint8Array;
  /** How many body bytes crossed; more than `body.length` when the copy was cut. */
  readonly bodyBytes: number;
  /** Whether the whole message crossed. */
  readonly complete: boolean;
}

/** One request with its response. */
export interface Exchange {
  /** Names the client connection, unique over runs. */
  readonly connection: string;
  /** `live`; `catch-up` or `pull` for a call of our own; or the name of the file that it was imported from. */
  readonly source: string;
  /** When the first byte of the request came, in microseconds since the Unix epoch. */
  readonly startedAtUs: number;
  /** Microseconds from `startedAtUs` to the first byte of the response (interim ones included), if any came. */
  readonly responseAfterUs: number | null;
  /** Microseconds from `startedAtUs` to the last byte of the exchange. */
  readonly endedAfterUs: number;
  /** `address:port` of the client, IPv6 addresses in brackets; empty when imported. */
  readonly client: string;
  /** `host address:port` of the upstream that was dialled; empty when none was. */
  readonly upstream: string;
  readonly answered: Answered;
  /** Why the exchange is not plain, if it is not. */
  readonly reason: ExchangeReason | null;
  readonly request: RawMessage;
  /** Raw 1xx heads in the order they came, most often empty. */
  readonly interim: Uint8Array;
  /** Null when no byte of a final response came. */
  readonly response: RawMessage | null;
}
