import type { Exchange, ExchangeReason, FramingReason } from '../model/exchange.js';

type Kinds = { readonly [R in ExchangeReason]: R extends FramingReason ? 'unframed' : 'framed' };

/** Every reason of an exchange, with whether the ends of its messages could be told all the same. */
export const reasonKinds: Kinds = {
  'head-too-large': 'unframed',
  'not-http': 'unframed',
  'bad-header-line': 'unframed',
  'nul-in-head': 'unframed',
  'bad-content-length': 'unframed',
  'conflicting-content-length': 'unframed',
  'length-with-transfer-encoding': 'unframed',
  'unknown-transfer-encoding': 'unframed',
  'bad-chunk-size': 'unframed',
  'bad-chunk-end': 'unframed',
  'trailer-too-large': 'unframed',
  'response-without-request': 'unframed',
  'too-many-pending': 'unframed',
  upgraded: 'unframed',
  'host-not-allowed': 'framed',
  'conflicting-host': 'framed',
  'not-origin-form': 'framed',
  'head-timeout': 'framed',
  'lookup-failed': 'framed',
  'upstream-is-self': 'framed',
  'connect-refused': 'framed',
  'connect-timeout': 'framed',
  'connect-failed': 'framed',
  offline: 'framed',
  'answer-withheld': 'framed',
  'bad-target': 'framed',
  'port-not-allowed': 'framed',
  'target-not-allowed': 'framed',
  'proxy-auth': 'framed',
  'client-not-local': 'framed',
  'upstream-certificate': 'framed',
  'upstream-tls': 'framed',
  'certificate-refused': 'framed',
  'no-common-cipher': 'framed',
  'only-h2': 'framed',
  'not-tls': 'framed',
  'bad-hello': 'framed',
  'left-handshake': 'framed',
  'left-unused': 'framed',
  'handshake-failed': 'framed',
  'upstream-timeout': 'framed',
  'answer-timeout': 'framed',
  'server-error': 'framed',
  'not-protocol': 'framed',
  'bad-status': 'framed',
  'upstream-down': 'framed',
  'own-session': 'framed',
  'orders-removed': 'framed',
  'client-left': 'framed',
  'upstream-left': 'framed',
  'idle-timeout': 'framed',
  shutdown: 'framed',
};

/** Why something in a file is not an exchange that can be imported. */
export type ImportReason =
  /** The file is not there, or the system does not give its bytes. */
  | 'unreadable'
  /** The file ends in the middle of a message, a line or an entry. */
  | 'ends-early'
  /** A second request stands where an answer should be: requests were pipelined, or an answer is missing. */
  | 'answer-missing'
  /** Bytes that are no HTTP request, where one should start. */
  | 'request-missing'
  | 'not-json'
  /** JSON that is not a HAR: no list of entries in `log`. */
  | 'not-har'
  /** An entry of a HAR without what a message needs, or with something that cannot stand in one. */
  | 'bad-entry'
  /** A record of ours whose fields are not what they should be. */
  | 'bad-record'
  /** One entry or line is larger than can be held. */
  | 'too-large'
  /** A dump whose messages cannot be framed. */
  | ExchangeReason;

/** Something that could not be imported. */
export interface Problem {
  readonly reason: ImportReason;
  /** Bytes from the start of the file to where it stands. */
  readonly at: number;
  /** What it was about, without secrets. */
  readonly detail: string;
}

/** What the readers of files give, one after the other. */
export type Found =
  | {
      readonly exchange: Exchange;
      /** Whether its secrets were covered when it was exported. */
      readonly masked: boolean;
    }
  | { readonly problem: Problem };
