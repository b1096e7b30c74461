import type { ExchangeReason } from '../../model/exchange.js';
import type { Answers } from '../../views/shapes.js';

/** What the API says in words of its own, in plain words. Whatever is not known here is shown as it came. */

type WeighIn = Answers['weighIn'];

interface Words {
  /** Two or three words. */
  readonly short: string;
  /** A sentence. */
  readonly long: string;
}

const qualities: Readonly<Record<string, Words>> = {
  replayed: {
    short: 'answered by scaletap',
    long: 'The cloud was away, so scaletap answered the scale.',
  },
  'ambiguous-person': {
    short: 'scale not sure who',
    long: 'The scale could not tell who stood on it.',
  },
  unverified: {
    short: 'unverified',
    long: 'Nothing proves it: its session failed the check of the vendor, or the cloud has not taken it.',
  },
  'server-time': {
    short: 'time of the cloud',
    long: 'The scale gave no time. This is the time that the cloud gave in the same session.',
  },
  'future-time': {
    short: 'in the future',
    long: 'Its time was more than a day ahead when it came: the clock of the scale or of this machine is wrong.',
  },
  'arrival-time': {
    short: 'time of arrival',
    long: 'Nobody gave a time. This is when it came.',
  },
  'typed-in': {
    short: 'typed in',
    long: 'Somebody typed it in. Nobody stood on a scale.',
  },
  deleted: {
    short: 'deleted',
    long: 'The cloud says that it was deleted.',
  },
  'shifted-time': {
    short: 'off by hours',
    long: 'Its time was off by whole hours when it came: the scale or this machine has the wrong time zone.',
  },
};

/** What the reader of a weigh-in should know about it. */
export function qualityWords(quality: string): Words {
  return own(qualities, quality) ?? { short: quality, long: quality };
}

/** How it is known whose a weigh-in is. */
export function ownerWords({ person, ownedBy }: Pick<WeighIn, 'person' | 'ownedBy'>): Words {
  if (person === null && ownedBy === 'hand') {
    return { short: 'by hand', long: 'Somebody has said that it is nobody’s.' };
  }
  if (person === null || ownedBy === null) {
    return { short: 'not assigned', long: 'Nothing tells whose it is.' };
  }
  return {
    vendor: { short: 'by the vendor', long: 'The vendor’s user id in it tells whose it is.' },
    weight: {
      short: 'by weight',
      long: 'It is near to what this person weighed lately, and to nobody else.',
    },
    hand: { short: 'by hand', long: 'Somebody has said whose it is. That holds for good.' },
  }[ownedBy];
}

/** Whether nobody has yet said, and nothing tells, whose a weigh-in is. */
export function isOpen({ person, ownedBy, counts }: Pick<WeighIn, 'person' | 'ownedBy' | 'counts'>): boolean {
  return person === null && ownedBy === null && counts;
}

const answeredWords = {
  upstream: 'by the cloud',
  replayed: 'by scaletap',
  refused: 'refused',
} as const;

/** Who gave an exchange its answer. */
export function answeredText(answered: keyof typeof answeredWords): string {
  return answeredWords[answered];
}

const reasons: Readonly<Record<ExchangeReason, string>> = {
  'head-too-large': 'the head did not end within the limit',
  'not-http': 'it was not HTTP',
  'bad-header-line': 'a header line made no sense',
  'nul-in-head': 'the head held a zero byte',
  'bad-content-length': 'Content-Length was no number',
  'conflicting-content-length': 'there were several Content-Lengths',
  'length-with-transfer-encoding': 'it had both Content-Length and Transfer-Encoding',
  'unknown-transfer-encoding': 'its Transfer-Encoding is not known',
  'bad-chunk-size': 'a chunk had no size',
  'bad-chunk-end': 'a chunk did not end where it should',
  'trailer-too-large': 'its trailer did not end within the limit',
  'response-without-request': 'the cloud spoke without having been asked',
  'too-many-pending': 'too many requests waited for an answer',
  upgraded: 'it became another protocol',
  'host-not-allowed': 'its host is not among those that scaletap relays to',
  'conflicting-host': 'it named two different hosts',
  'not-origin-form': 'it asked for a proxy where there is none',
  'head-timeout': 'its head did not come in time',
  'lookup-failed': 'the name of the cloud could not be looked up',
  'upstream-is-self': 'the name of the cloud leads back to this machine',
  'connect-refused': 'the cloud refused the connection',
  'connect-timeout': 'the cloud did not answer the connection',
  'connect-failed': 'there was no connection to the cloud',
  offline: 'scaletap is in mode offline',
  'answer-withheld': 'the cloud’s answer may have held an order to the scale, and could not be taken apart',
  'bad-target': 'what it asked the proxy for is no host and port',
  'port-not-allowed': 'it asked the proxy for a port that is not allowed',
  'target-not-allowed': 'it asked the proxy for a place that is not on the internet',
  'proxy-auth': 'it gave the proxy no user and password, or wrong ones',
  'client-not-local': 'it came to the proxy from outside of the house',
  'upstream-certificate': 'the certificate of the cloud is not trusted',
  'upstream-tls': 'there was no TLS with the cloud',
  'upstream-timeout': 'the cloud did not begin to answer in time',
  'answer-timeout': 'the cloud’s answer did not end in time',
  'server-error': 'the cloud answered with an error of its own',
  'not-protocol': 'what answered was not the vendor’s cloud',
  'bad-status': 'the cloud had nothing to give',
  'upstream-down': 'the cloud had failed shortly before',
  'own-session': 'scaletap had opened this session',
  'orders-removed': 'orders to the scale were taken out of the answer',
  'certificate-refused': 'the app does not trust the certificate of scaletap',
  'no-common-cipher': 'the app has no TLS version or cipher in common with scaletap',
  'only-h2': 'the app speaks HTTP/2 only',
  'not-tls': 'it was neither TLS nor HTTP',
  'bad-hello': 'its TLS made no sense',
  'left-handshake': 'the app left in the middle of the TLS handshake',
  'left-unused': 'the app left after the TLS handshake without a word',
  'handshake-failed': 'the TLS handshake failed',
  'client-left': 'the scale or app left before the end',
  'upstream-left': 'the cloud left before the end',
  'idle-timeout': 'nothing came for too long',
  shutdown: 'scaletap was stopped',
};

/** Why an exchange is not plain. */
export function reasonText(reason: string): string {
  return own(reasons, reason) ?? reason;
}

/** What a vendor calls itself. */
export function vendorText(vendor: string): string {
  return vendor.charAt(0).toUpperCase() + vendor.slice(1);
}

/** A device as people know it: its vendor, and its address where the cloud names one. */
export function deviceText(vendor: string, device: string): string {
  return device === '' ? vendorText(vendor) : `${vendorText(vendor)} ${device}`;
}

/** A device as the API names it in queries. */
export function deviceKey(of: { readonly vendor: string | null; readonly device: string | null }): string {
  return `${of.vendor} ${of.device}`;
}

const origins = {
  settings: 'of scaletap.yaml',
  learnt: 'seen at a vendor',
  page: 'added here',
} as const;

/** Where it is from that somebody is known. */
export function originText(origin: keyof typeof origins): string {
  return origins[origin];
}

const sinkStates = {
  idle: 'all is delivered',
  delivering: 'delivering',
  waiting: 'waiting to try again',
} as const;

/** What a sink is doing. */
export function sinkText(state: keyof typeof sinkStates): string {
  return sinkStates[state];
}

/** `1 reading`, `2 readings`, `1,204 readings`, in the numbers of the browser's language. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** How long: `4.2 ms`, `81 ms`, `3.1 s`, `2 min`. */
export function lengthText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 99_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
