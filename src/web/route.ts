import type { Mode } from '../config/choices.js';
import type { Change, Changed } from '../model/change.js';
import type { Happening, ViewReply, ViewRequest } from '../views/messages.js';
import type { answers } from '../views/shapes.js';
import type { Access, Asker } from './access.js';
import type { PageAnswer } from './answer.js';
import type { Shape } from './shape-issues.js';
import { issueText } from './shape-issues.js';
import type { Status } from './status.js';

/** The thread that reads for the page, as the API uses it. */
interface PageViews {
  get(request: ViewRequest): Promise<ViewReply>;
  /** Returns what ends it. */
  follow(listener: (happening: Happening) => void): () => void;
}

/** What the API is made by. */
export interface ApiParts {
  readonly access: Access;
  /** Started at the first call. */
  views(): Promise<PageViews>;
  /** Undefined when the store has no answer: whether it was done is not known. */
  change(change: Change): Promise<Changed | undefined>;
  /** Whose mode can be switched. */
  readonly standIn: { mode: Mode };
}

/** A whole answer of a route. */
export interface Whole {
  readonly status: number;
  /** JSON; absent for an answer without a body. */
  readonly body?: Uint8Array;
  readonly headers?: PageAnswer['headers'];
}

/** What a route is answered with; `events` for an answer that goes on as a stream of them. */
export type Outcome = Whole | 'events';

/** What a route has to do its work with. */
export interface Call {
  readonly parts: ApiParts;
  readonly asker: Asker;
  /** How scaletap does. */
  status(): Promise<Status>;
  /** To be called when the status is another by what was done. */
  statusChanged(): void;
  /** What stands for `{..}` in the path; empty when there is nothing. */
  readonly id: string;
  /** The JSON that was sent; undefined for none. */
  readonly body: unknown;
  /** Names and texts behind the `?`. */
  readonly query: unknown;
}

/** An answer that has no shape of its own. */
interface Other {
  readonly says: string;
  /** Its media type; absent for no body. */
  readonly type?: string;
}

type Run<Input> = (call: Call, input: Input) => Promise<Outcome> | Outcome;

/** What a route takes, and what it does. */
interface Work {
  readonly body: Shape<unknown> | null;
  readonly query: Shape<unknown> | null;
  /** Judges what was sent, and does the work. */
  handle(call: Call): Promise<Outcome>;
}

/** One thing that can be asked for. */
export interface Route extends Work {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With at most one `{name}`, which stands for one segment. */
  readonly path: string;
  /** One line for the OpenAPI document. */
  readonly summary: string;
  /** Nobody has to sign in for it. */
  readonly isOpen?: true;
  /** What it gives, by status, below 400: a member of `answers`, or what else. */
  readonly gives: Readonly<Record<number, keyof typeof answers | Other>>;
  /** From 400 on, besides those that follow from the rest. */
  readonly refuses?: readonly number[];
}

export function plain(run: (call: Call) => Promise<Outcome> | Outcome): Work {
  return { body: null, query: null, handle: async (call) => run(call) };
}

export function withBody<T>(shape: Shape<T>, run: Run<T>): Work {
  return { body: shape, query: null, handle: (call) => judged(shape, call.body, call, run) };
}

export function withQuery<T>(shape: Shape<T>, run: Run<T>): Work {
  return { body: null, query: shape, handle: (call) => judged(shape, call.query, call, run) };
}

async function judged<T>(shape: Shape<T>, value: unknown, call: Call, run: Run<T>): Promise<Outcome> {
  const result = shape.safeParse(value);
  if (!result.success) return problem(400, issueText(result.error.issues, value));
  return run(call, result.data);
}

/** An answer from 400 on. Its message is for people. */
export function problem(status: number, message: string, headers: PageAnswer['headers'] = []): Whole {
  return { status, body: jsonBytes({ message }), headers };
}

export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
