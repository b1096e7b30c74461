import { z } from 'zod';
import { vendorNames } from '../model/vendor.js';

/**
 * What the HTTP API takes and gives, once for all: the types of the server and of the page, the check of what comes in,
 * and the OpenAPI document are made of it. Times are in milliseconds since the Unix epoch, UTC, unless a name ends
 * otherwise. Ids of vendors are texts: 19 digits are too many for a number.
 */

const timeMs = z.int();
const vendor = z.enum(vendorNames);
const key = z.string().regex(/^[a-z0-9-]{1,80}$/);
const mode = z.enum(['auto', 'live', 'offline']);
const answered = z.enum(['upstream', 'replayed', 'refused']);

/**
 * A text of people's on one line: something that can be seen, no control characters, no lone halves of characters, nothing
 * that turns the line around.
 */
const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u, 'has characters that cannot be shown')
    .regex(/[^\p{DI}\p{M}\p{Z}\u2800]/u, 'has nothing in it that can be seen');

const vendorId = z.strictObject({ vendor, id: z.string().regex(/^[1-9]\d{0,19}$/) });

const colour = z.string().regex(/^#[0-9a-f]{6}$/);
const shortName = z.string().regex(/^[\x21-\x7e]{1,3}$/);
const heightM = z.number().min(0.5).max(2.5);
const birthDate = z.iso.date();
const sex = z.enum(['female', 'male']);

/** One quantity of a weigh-in or a device. */
const quantity = z.object({
  kind: z.string(),
  label: z.string(),
  /** Such as `kg`; empty where it has none. */
  unit: z.string(),
  value: z.number(),
});

/** A weigh-in: what one device said of one user, or of nobody, at one time. */
const weighIn = z.object({
  id: z.string(),
  timeMs,
  vendor,
  /** Empty where the cloud names none. */
  device: z.string(),
  /** The key of whose it is; null for nobody's. */
  person: key.nullable(),
  /** How that is known; null where nothing tells. */
  ownedBy: z.enum(['vendor', 'weight', 'hand']).nullable(),
  /** The vendor's user id in it. */
  vendorPerson: z.string().nullable(),
  /** Keys of people that the scale thought of. */
  candidates: z.array(key),
  counts: z.boolean(),
  quality: z.array(z.string()),
  /** The exchange that it came in first, while that is kept. */
  exchange: z.int().nullable(),
  /** Weight first where it has one. */
  values: z.array(quantity),
});

const person = z.object({
  key,
  name: z.string(),
  shortName: z.string().nullable(),
  colour,
  ids: z.array(vendorId),
  heightM: heightM.nullable(),
  birthDate: birthDate.nullable(),
  sex: sex.nullable(),
  /** `settings`: of scaletap.yaml, where all but the colour is changed. `learnt`: seen at a vendor. `page`: made here. */
  origin: z.enum(['settings', 'learnt', 'page']),
  /** How many weigh-ins count. */
  weighIns: z.int(),
  /** The newest that counts and has a weight. */
  last: weighIn.nullable(),
});

/** One message of an exchange, secrets covered. */
const message = z.object({
  head: z.string(),
  /** As text where it is one; null where it is not, or is covered as a whole. */
  body: z.string().nullable(),
  /** In hexadecimal where it is no text: at most the first 4096 bytes. */
  bodyHex: z.string().nullable(),
  /** As many as crossed. */
  bodyBytes: z.int(),
  complete: z.boolean(),
  /** What was undone to show it, in words: `opened from 180 bytes, gzip`. Empty for none. */
  opened: z.string(),
  /** It could not be read, so all of it is covered. */
  covered: z.boolean(),
});

const exchange = z.object({
  id: z.int(),
  timeMs: z.number(),
  vendor: vendor.nullable(),
  device: z.string().nullable(),
  /** What it was: `once`, `session new`, or method, host and path. */
  label: z.string(),
  answered,
  reason: z.string().nullable(),
  /** The HTTP status of the answer; null where there is none. */
  status: z.int().nullable(),
  /** Of both bodies. */
  bytes: z.int(),
  /** After how long the first byte of the answer came. */
  responseAfterMs: z.number().nullable(),
  /** What could not be read in it, and what else there is to say. */
  notes: z.array(z.string()),
});

const device = z.object({
  vendor,
  device: z.string(),
  /** The address that it last called from; null where no exchange of it was seen. */
  client: z.string().nullable(),
  firstSeenMs: z.number().nullable(),
  lastSeenMs: z.number().nullable(),
  /** How it was answered last. */
  answered: answered.nullable(),
  /** The newest of each kind that is about the device or the room. */
  newest: z.array(quantity.extend({ timeMs })),
});

const sink = z.object({
  name: z.string(),
  state: z.enum(['idle', 'delivering', 'waiting']),
  cause: z.string().nullable(),
  message: z.string().nullable(),
  /** Readings that wait; null when the store cannot tell. */
  backlog: z.int().nullable(),
  delivered: z.int(),
  nextTryMs: z.number().nullable(),
});

const status = z.object({
  version: z.string(),
  startedMs: z.number(),
  mode,
  /** What is wrong, in words; empty when all is well. */
  problems: z.array(z.string()),
  listening: z.object({ scales: z.array(z.string()), phones: z.array(z.string()) }),
  /** Upstreams that have failed, and whether nobody tries them just now. */
  breakers: z.array(z.object({ host: z.string(), open: z.boolean() })),
  /** Null while the store does not answer. */
  sinks: z.array(sink).nullable(),
});

const session = z.object({
  /** Whether a password must be given for everything else. */
  needsPassword: z.boolean(),
  signedIn: z.boolean(),
  /** Whether whoever asks may set the first password: only from this very machine. */
  maySetPassword: z.boolean(),
});

const series = z.object({
  kind: z.string(),
  label: z.string(),
  unit: z.string(),
  /** Rising. */
  timesMs: z.array(timeMs),
  values: z.array(z.number()),
  /** There were more than 4000: each point is the mean of its share of the time. */
  thinned: z.boolean(),
});

/** What is given. */
export const answers = {
  session,
  status,
  person,
  people: z.object({ people: z.array(person), unassigned: z.int() }),
  /** Which kinds a person or a device has readings of, the most telling first. */
  kinds: z.object({ kinds: z.array(z.object({ kind: z.string(), label: z.string(), unit: z.string() })) }),
  series: z.object({ series: z.array(series) }),
  weighIn,
  /** Newest first; `next` is the `before` of those that follow, null when there are none. */
  weighIns: z.object({ weighIns: z.array(weighIn), next: z.string().nullable() }),
  devices: z.object({ devices: z.array(device) }),
  exchange,
  exchanges: z.object({ exchanges: z.array(exchange), next: z.string().nullable() }),
  exchangeDetail: exchange.extend({
    source: z.string(),
    client: z.string(),
    upstream: z.string(),
    verdict: z.string().nullable(),
    endedAfterMs: z.number(),
    request: message,
    response: message.nullable(),
    /** What was read in it; the text of a secret is `***`. */
    decoded: z.array(z.object({ name: z.string(), text: z.string() })),
    refusals: z.array(z.object({ reason: z.string(), detail: z.string() })),
  }),
  mode: z.object({ mode }),
  /** Every answer from 400 on. */
  problem: z.object({ message: z.string() }),
} as const;

/** What is taken, as JSON bodies. */
export const bodies = {
  signIn: z.strictObject({ password: z.string().max(1000) }),
  password: z.strictObject({
    password: z.string().min(8).max(1000),
    current: z.string().max(1000).optional(),
  }),
  mode: z.strictObject({ mode }),
  addPerson: z.strictObject({
    name: line(64),
    shortName: shortName.nullable().default(null),
    colour: colour.nullable().default(null),
    ids: z.array(vendorId).max(20).default([]),
    heightM: heightM.nullable().default(null),
    birthDate: birthDate.nullable().default(null),
    sex: sex.nullable().default(null),
  }),
  editPerson: z.strictObject({
    name: line(64).optional(),
    shortName: shortName.nullable().optional(),
    colour: colour.nullable().optional(),
    ids: z.array(vendorId).max(20).optional(),
    heightM: heightM.nullable().optional(),
    birthDate: birthDate.nullable().optional(),
    sex: sex.nullable().optional(),
  }),
  mergePerson: z.strictObject({ into: key }),
  weighIn: z.strictObject({
    person: key.nullable().optional(),
    counts: z.boolean().optional(),
    /** Takes back first what was said by hand before. */
    reset: z.boolean().optional(),
  }),
} as const;

const count = z.coerce.number().int().min(1).max(500);
const instant = z.coerce.number().int();
const list = z
  .string()
  .max(2000)
  .transform((text) => text.split(',').filter((each) => each !== ''));

/** What is asked for, in queries. */
export const queries = {
  /** Of a person by key, or of a device by `vendor address`; one of the two. */
  kinds: z.strictObject({ person: key.optional(), device: z.string().max(200).optional() }),
  series: z.strictObject({
    person: key.optional(),
    device: z.string().max(200).optional(),
    kinds: list,
    sinceMs: instant.optional(),
    untilMs: instant.optional(),
  }),
  weighIns: z.strictObject({
    /** A key, or `nobody`. */
    person: key.optional(),
    before: z.string().max(1000).optional(),
    limit: count.default(50),
  }),
  exchanges: z.strictObject({
    before: z.string().max(200).optional(),
    device: z.string().max(200).optional(),
    limit: count.default(50),
  }),
} as const;

export type Answers = { readonly [Name in keyof typeof answers]: z.infer<(typeof answers)[Name]> };
export type Bodies = { readonly [Name in keyof typeof bodies]: z.infer<(typeof bodies)[Name]> };
export type Queries = { readonly [Name in keyof typeof queries]: z.infer<(typeof queries)[Name]> };

/**
 * What `/api/events` tells, by the name of the event. `readings` and `people` only say that something is new or changed:
 * whoever shows it asks again.
 */
export interface Events {
  readonly exchange: Answers['exchange'];
  readonly status: Answers['status'];
  readonly readings: Record<string, never>;
  readonly people: Record<string, never>;
}
