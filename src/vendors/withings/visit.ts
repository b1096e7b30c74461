import type { Exchange, RawMessage } from '../../model/exchange.js';
import type { KnownKind } from '../../model/quantity.js';
import { type Quality, type Reading, type ReadingDraft, reading } from '../../model/reading.js';
import { Form, type FormField, noForm, parseForm } from '../form.js';
import { normalMac } from '../mac.js';
import { quote } from '../quote.js';
import { contentOf, isCut, view } from '../raw.js';
import type { Findings, Known, Value } from '../vendor.js';
import { isObject, member, parseJson } from './json.js';
import { EARLIEST_S } from './limits.js';
import { ownStatus } from './own-status.js';
import type { RefusalReason, WithingsRefusal } from './refusals.js';
import { type Session, sessionFrom } from './session-note.js';

/** A reply that could be read. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  /** The whole JSON text. */
  readonly text: string;
}

type Measured = Omit<ReadingDraft, 'vendor'>;

const DAY_S = 86_400;
/** The scale's clock has 32 bits. */
const LATEST_S = 0xffff_ffff;
const PLAIN_REPLY: Reply = { status: 0, body: undefined, text: '{"status":0}' };

/**
 * One exchange while it is read: what endpoints ask of it, and the findings as they gather. Everything that
 * cannot be read becomes a refusal here, so that endpoints only say what they want.
 */
export class Visit {
  readonly exchange: Exchange;
  readonly known: Known;
  /** The request's fields; none when {@link readable} is false. */
  readonly form: Form;
  /** Whether the request's body could be taken apart. */
  readonly readable: boolean;
  /** Null when no reply came, we made it up as an error, or it could not be read. */
  readonly reply: Reply | null;
  label: string;
  verdict: Findings['verdict'] = null;
  #session: Session | null | undefined;
  #device: string | null | undefined;
  readonly #readings: Reading[] = [];
  readonly #values: Value[] = [];
  readonly #notes: [string, unknown][] = [];
  readonly #refusals: WithingsRefusal[] = [];

  constructor(exchange: Exchange, known: Known, label: string) {
    this.exchange = exchange;
    this.known = known;
    this.label = label;
    const form = this.#readForm(exchange.request);
    this.form = form ?? noForm;
    this.readable = form !== null;
    this.reply = this.#readReply(exchange);
  }

  /** The session that the exchange belongs to, by its session id or else by its connection. */
  get session(): Session | null {
    if (this.#session === undefined) this.#session = this.#findSession();
    return this.#session;
  }

  set session(session: Session) {
    this.#session = session;
  }

  /** The device that it came from: its session's, until the exchange itself tells. */
  get device(): string | null {
    return this.#device === undefined ? (this.session?.device ?? null) : this.#device;
  }

  set device(device: string | null) {
    this.#device = device;
  }

  findings(): Findings {
    return {
      label: this.label,
      device: this.device,
      verdict: this.verdict,
      readings: this.#readings,
      values: this.#values,
      notes: this.#notes,
      refusals: this.#refusals,
      deleted: [],
    };
  }

  /** Whether the vendor's own server said that all is well. Only from such replies are values learnt. */
  get good(): boolean {
    return this.reply?.status === 0 && this.exchange.answered === 'upstream' && isOk(this.exchange.response);
  }

  /** The head of a {@link good} reply, one character a byte. */
  goodHead(): string | undefined {
    const head = this.exchange.response?.head;
    return this.good && head !== undefined ? view(head).toString('latin1') : undefined;
  }

  /** Whether it was answered by us in the vendor's place. */
  get replayed(): boolean {
    return this.exchange.answered === 'replayed';
  }

  /** Whether it was we who asked, in the device's name. */
  get isOurs(): boolean {
    return this.exchange.source === 'catch-up';
  }

  /** Whether we refused what it brought, since the device had not proven who it is or did not tell. */
  get turnedAway(): boolean {
    const status = this.reply?.status;
    return this.replayed && (status === ownStatus.authFailed || status === ownStatus.wrongSession);
  }

  /** Counts something that could not be read, and stands for its value. */
  refuse(reason: RefusalReason, detail: string): undefined {
    this.#refusals.push({ reason, detail });
    return undefined;
  }

  note(key: string, note: unknown): void {
    this.#notes.push([key, note]);
  }

  value(device: string, name: string, text: string): void {
    this.#values.push({ device, name, text });
  }

  /** Keeps a reading of something measured at a time of its own. */
  read({ kind, value, timeMs, device, person, candidates = [], quality = [] }: Measured): void {
    const qualities: Quality[] = this.replayed ? ['replayed', ...quality] : [...quality];
    if (this.#isUnverified(device)) qualities.push('unverified');
    if (this.#isFuture(timeMs)) qualities.push('future-time');
    this.#readings.push(
      reading({ vendor: 'withings', kind, value, timeMs, device, person, candidates, quality: qualities }),
    );
  }

  /**
   * Keeps a reading about the device itself, which comes without a time: it gets the one that the server said
   * in the session, else that at which the bytes crossed. In a visit of our own we only repeat what is known.
   */
  readState(kind: KnownKind, value: number, device: string): void {
    if (this.isOurs) return;
    const serverMs = this.session?.serverMs ?? null;
    const timeMs = serverMs ?? Math.floor(this.exchange.startedAtUs / 1000);
    const quality: Quality = serverMs === null ? 'arrival-time' : 'server-time';
    this.read({ kind, value, timeMs, device, person: null, quality: [quality] });
  }

  /** The first field of a name, decoded. Its absence is no refusal, broken encoding is. */
  text(name: string): string | undefined {
    const field = this.form.first(name);
    return field === undefined ? undefined : this.decoded(field);
  }

  /** A field that must be there. */
  needed(name: string): string | undefined {
    if (this.form.first(name) === undefined) this.refuse('missing-field', name);
    return this.text(name);
  }

  /** A field's value decoded; undefined, and refused, when its encoding is broken. */
  decoded(field: FormField): string | undefined {
    const value = this.form.value(field);
    if (value === undefined) this.refuse('bad-percent-encoding', field.name);
    return value;
  }

  /** A field as a whole number in decimal digits. */
  whole(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
    if (value === undefined) this.refuse('bad-value', `${name} is ${quote(text)}`);
    return value;
  }

  /** A device's address out of a field, in normal form; null when it is absent or refused. */
  mac(name: string): string | null {
    const text = this.text(name);
    if (text === undefined) return null;
    const mac = normalMac(text);
    if (mac === null) this.refuse('bad-value', `${name} is ${quote(text)}`);
    return mac;
  }

  /**
   * Seconds since the Unix epoch as milliseconds, if they can be the time of something measured by then. Where we
   * answered the device has forgotten it, so a time in the future is taken: our own clock may be what is wrong.
   */
  instant(seconds: unknown, what: string): number | undefined {
    if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds)) {
      this.refuse('bad-value', `${what} is ${quote(seconds)}`);
    } else if (seconds < EARLIEST_S) {
      this.refuse('time-too-early', `${what} is ${seconds}`);
    } else if (seconds > LATEST_S || (this.#isFuture(seconds * 1000) && !this.replayed)) {
      this.refuse('time-in-future', `${what} is ${seconds}`);
    } else {
      return seconds * 1000;
    }
    return undefined;
  }

  #isFuture(timeMs: number): boolean {
    return timeMs > this.exchange.startedAtUs / 1000 + DAY_S * 1000;
  }

  /**
   * Whether the device has failed to prove who it is. Upstream judges for itself, so in its answers only a wrong hash
   * counts; where we answered, whatever is not proven by a known secret.
   */
  #isUnverified(device: string): boolean {
    const { session } = this;
    if (session?.verdict === 'failed') return true;
    if (!this.replayed || this.known.value(device, 'secret') === undefined) return false;
    return session?.verdict !== 'verified' || session.device !== device;
  }

  #readForm(request: RawMessage): Form | null {
    if (isCut(request)) {
      this.refuse('body-cut', 'request');
      return null;
    }
    const form = parseForm(contentOf(request).toString('latin1'));
    if (form instanceof Form) return form;
    this.refuse(form, 'request body');
    return null;
  }

  #readReply({ response, answered }: Exchange): Reply | null {
    if (response === null || answered === 'refused') return null;
    if (isCut(response)) {
      this.refuse('body-cut', 'reply');
      return null;
    }
    const text = contentOf(response).toString('utf8');
    // Most replies are just this one.
    if (text === PLAIN_REPLY.text) return PLAIN_REPLY;
    const json = parseJson(text);
    const status = member(json, 'status');
    if (json === undefined) this.refuse('not-json', 'reply');
    else if (!isObject(json)) this.refuse('wrong-shape', 'reply is no object');
    else if (!Number.isSafeInteger(status)) this.refuse('not-status', `status is ${quote(status)}`);
    if (typeof status !== 'number' || !Number.isSafeInteger(status)) return null;
    return { status, body: member(json, 'body'), text };
  }

  #findSession(): Session | null {
    const field = this.form.first('sessionid');
    const id = field === undefined ? undefined : this.form.value(field);
    const byId = id === undefined ? undefined : this.known.note(`session:${id}`);
    return sessionFrom(byId ?? this.known.note(`connection:${this.exchange.connection}`));
  }
}

/** Whether the status line says 200. */
function isOk(response: RawMessage | null): boolean {
  const [a, b, c] = response?.head.subarray(9, 12) ?? [];
  return a === 0x32 && b === 0x30 && c === 0x30;
}
