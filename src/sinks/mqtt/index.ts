import { setTimeout as sleep } from 'node:timers/promises';
import type { KeptReading } from '../../model/reading.js';
import { version } from '../../version.js';
import { type BackOff, backOff } from '../back-off.js';
import type { BadSink, MqttSettings } from '../index.js';
import type { Outcome, Sink, SinkContext } from '../sink.js';
import type { Problem } from './failure.js';
import { Household, type Subject, unfit } from './household.js';
import { connect, type Link, type MqttVersion } from './link.js';
import { birthTopic, type House, type Message, messagesOf, ownFilters, statusTopic } from './messages.js';
import { Retained } from './retained.js';
import { type MqttTarget, mqttTarget, targetName } from './target.js';

/** What tests set. */
interface MqttOptions {
  /** Milliseconds for the connection to be made, and for each answer of the broker. */
  readonly timeoutMs?: number;
  /** Milliseconds for a delivery as a whole. */
  readonly deliverMs?: number;
  /** How often it is looked who has not weighed in. */
  readonly lookEveryMs?: number;
  /** Milliseconds since the Unix epoch. */
  readonly now?: () => number;
}

const HOUR_MS = 3_600_000;
const CLOSE_MS = 700;

/**
 * Keeps on a broker what is newest of every person and scale, as retained messages, and has Home Assistant show it.
 * What is wanted there follows from the readings alone; what differs from what the broker has acknowledged on this
 * connection is published. So a delivery that is repeated, or a connection that breaks at any moment, does no harm.
 */
export class MqttSink implements Sink {
  readonly name: string;
  readonly batchSize = 500;
  readonly #target: MqttTarget;
  readonly #house: House;
  readonly #context: SinkContext;
  readonly #timeoutMs: number;
  readonly #deliverMs: number;
  readonly #now: () => number;
  readonly #backOff: BackOff = backOff(Math.random);
  readonly #closing = new AbortController();
  readonly #look: NodeJS.Timeout;

  #version: MqttVersion = 5;
  /** On the connection that there is. */
  #retained: Retained | undefined;
  #opening: Promise<Problem | undefined> | undefined;
  /** The causes of trouble that people were told of since the connection was last well. */
  readonly #told = new Set<Problem['cause']>();
  #retry: NodeJS.Timeout | undefined;
  /** The last piece of work with the broker: all of it is done one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #bornAgain = false;

  #household = new Household([]);
  readonly #wanted = new Map<Subject, Message[]>();

  constructor(target: MqttTarget, house: House, context: SinkContext, options: MqttOptions = {}) {
    this.name = `mqtt ${targetName(target)}/${house.topic}`;
    this.#target = target;
    this.#house = house;
    this.#context = context;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#deliverMs = options.deliverMs ?? 45_000;
    this.#now = options.now ?? Date.now;
    this.#look = setInterval(() => void this.#lookAgain(), options.lookEveryMs ?? HOUR_MS);
    // Home Assistant is to know that we are there also while there is nothing to deliver.
    void this.#connected();
  }

  async deliver(batch: readonly KeptReading[]): Promise<Outcome> {
    for (const reading of batch) {
      const message = unfit(reading);
      if (message !== undefined) return { kind: 'refused', message };
    }
    return this.#bounded(async () => {
      for (const subject of this.#household.take(batch)) this.#wanted.delete(subject);
      return this.#publishChanges();
    });
  }

  /** What is wanted follows from what the store has now, whatever it was that does not hold any more. */
  async retract(): Promise<Outcome> {
    return this.#bounded(() =>
      this.#inTurn(async () => {
        const unreadable = this.#reload();
        if (unreadable !== undefined) return unreadable;
        return this.#retained === undefined ? lost : this.#bring(this.#retained);
      }),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#look);
    clearTimeout(this.#retry);
    const link = this.#retained?.link;
    if (link === undefined) return;
    const farewell = link.publish([statusTopic(this.#house), 'offline']);
    await Promise.race([farewell, sleep(CLOSE_MS, undefined, { ref: false })]);
    await link.end(CLOSE_MS);
  }

  /** Does some work on a connection, in bounded time. */
  async #bounded(work: () => Promise<Problem | undefined>): Promise<Outcome> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Problem>((resolve) => {
      const message = `the broker has not taken it within ${this.#deliverMs / 1000} s`;
      timer = setTimeout(resolve, this.#deliverMs, { cause: 'timeout', message });
    });
    // A broker that is merely slow is not interrupted: the next try goes on where it is then.
    const done = this.#connected().then((problem) => problem ?? work());
    const problem = await Promise.race([done, late]);
    clearTimeout(timer);
    return problem === undefined ? { kind: 'delivered' } : { kind: 'retry', ...outcomeOf(problem) };
  }

  /** Resolves when there is a connection on which everything has been told, or why there is none. */
  #connected(): Promise<Problem | undefined> {
    if (this.#opening !== undefined) return this.#opening;
    if (this.#retained !== undefined) return Promise.resolve(undefined);
    clearTimeout(this.#retry);
    const opening = this.#open().finally(() => {
      this.#opening = undefined;
    });
    this.#opening = opening;
    return opening;
  }

  async #open(): Promise<Problem | undefined> {
    const link = await this.#connect();
    if ('cause' in link) {
      this.#connectLater(link);
      return link;
    }
    if (this.#closing.signal.aborted) {
      await link.end(CLOSE_MS);
      return lost;
    }
    if (this.#told.size > 0) this.#context.warn(`${this.name}: connected again`);
    this.#told.clear();
    const retained = new Retained(this.#house, link);
    this.#retained = retained;
    void link.lost.then((problem) => this.#leave(retained, problem));
    return this.#inTurn(() => this.#announce(retained));
  }

  async #connect(): Promise<Link | Problem> {
    const once = () =>
      connect(this.#target, {
        version: this.#version,
        will: [statusTopic(this.#house), 'offline'],
        timeoutMs: this.#timeoutMs,
        signal: this.#closing.signal,
        onMessage: (message, retained) => this.#hear(message, retained),
      });
    const link = await once();
    if (!('cause' in link) || link.otherVersion !== true || this.#version === 4) return link;
    this.#version = 4;
    return once();
  }

  #connectLater({ cause, message }: Problem): void {
    if (this.#closing.signal.aborted) return;
    if (!this.#told.has(cause)) {
      this.#told.add(cause);
      this.#context.warn(`${this.name}: ${message}; it is tried again`);
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connected(), this.#backOff.next(cause));
  }

  /** The first words on a connection: what is there from before is heard, then everything is told. */
  async #announce(retained: Retained): Promise<Problem | undefined> {
    const unreadable = this.#reload();
    if (unreadable !== undefined) return this.#drop(retained, unreadable);
    const birth = birthTopic(this.#house);
    const filters = [...ownFilters(this.#house), ...(birth === null ? [] : [birth])];
    // Of what is retained the broker tells before it acknowledges what comes next. [I] Where it does not, what has to
    // go goes when it is heard of.
    const problem =
      (await retained.link.subscribe(filters)) ??
      (await retained.link.publish([statusTopic(this.#house), 'online']));
    if (problem !== undefined) return this.#drop(retained, problem);
    const trouble = await this.#bring(retained);
    if (trouble === undefined) this.#backOff.reset();
    return trouble;
  }

  /** Home Assistant has started, or a message from before is there. */
  #hear(message: Message, retained: boolean): void {
    const [topic, payload] = message;
    if (topic === birthTopic(this.#house)) {
      if (payload === 'online' && !retained) this.#tellAgain();
    } else if (retained && this.#retained?.hear(message)) void this.#publishChanges();
  }

  #tellAgain(): void {
    if (this.#bornAgain) return;
    this.#bornAgain = true;
    void this.#inTurn(async () => {
      this.#bornAgain = false;
      this.#retained?.repeat();
      return this.#bringAnew();
    });
  }

  /** Time alone makes somebody missing; besides, names and readings may have been corrected. */
  #lookAgain(): Promise<Problem | undefined> {
    return this.#inTurn(() => this.#bringAnew());
  }

  #publishChanges(): Promise<Problem | undefined> {
    return this.#inTurn(async () => (this.#retained === undefined ? lost : this.#bring(this.#retained)));
  }

  async #bringAnew(): Promise<Problem | undefined> {
    if (this.#retained === undefined) return lost;
    // Where the store cannot be read now, what is known stays; the next delivery tells of the trouble.
    this.#reload();
    return this.#bring(this.#retained);
  }

  /** Has the broker keep what is wanted, and nothing else. Any problem ends the connection. */
  async #bring(retained: Retained): Promise<Problem | undefined> {
    const problem = await retained.bring(this.#wantedMessages());
    return problem && this.#drop(retained, problem);
  }

  #wantedMessages(): Map<string, string> {
    const wanted = new Map<string, string>();
    for (const subject of this.#household.subjects) {
      const messages = this.#wanted.get(subject) ?? messagesOf(this.#house, subject, this.#now());
      this.#wanted.set(subject, messages);
      for (const [topic, payload] of messages) wanted.set(topic, payload);
    }
    return wanted;
  }

  /** Takes everything from the store anew, so that what was corrected there meanwhile is right. */
  #reload(): Problem | undefined {
    try {
      this.#household = new Household(this.#context.newest());
      this.#wanted.clear();
      return undefined;
    } catch (error) {
      return unread(error);
    }
  }

  #inTurn(work: () => Promise<Problem | undefined>): Promise<Problem | undefined> {
    const done = this.#work.then(work).catch((error: unknown) => ({
      cause: 'server-error' as const,
      message: `a fault in scaletap: ${error instanceof Error ? error.message : String(error)}`,
    }));
    this.#work = done;
    return done;
  }

  /** After trouble nobody knows what the broker has: all is told again on another connection. */
  #drop(retained: Retained, problem: Problem): Problem {
    this.#leave(retained, problem);
    retained.link.drop(problem);
    return problem;
  }

  #leave(retained: Retained, problem: Problem): void {
    if (this.#retained !== retained) return;
    this.#retained = undefined;
    this.#connectLater(problem);
  }
}

const lost: Problem = { cause: 'unreachable', message: 'the connection to the broker was lost' };

function unread(error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  return { cause: 'server-error', message: `the store cannot be read: ${why}` };
}

function outcomeOf({ cause, message }: Problem): Pick<Problem, 'cause' | 'message'> {
  return { cause, message };
}

/** The sink that the settings of a broker stand for, or why they cannot be used. It connects at once, and goes on trying. */
export async function mqttSink(settings: MqttSettings, context: SinkContext): Promise<Sink | BadSink> {
  const { url, caFile, topic, discovery, missingDays } = settings;
  const target = await mqttTarget(url, caFile);
  if ('problem' in target) return target;
  return new MqttSink(target, { topic, discovery, missingDays, version: version() }, context);
}
