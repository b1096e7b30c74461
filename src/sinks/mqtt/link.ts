import { randomBytes } from 'node:crypto';
import { connect as connectMqtt, type IClientOptions, type MqttClient, ReasonCodes } from 'mqtt';
import { type Problem, problemOf, refusal } from './failure.js';
import type { Message } from './messages.js';
import type { MqttTarget } from './target.js';

/** MQTT 5, which tells why something is refused, or 3.1.1, where a message that is refused looks as if it was taken. */
export type MqttVersion = 5 | 4;

interface LinkOptions {
  readonly version: MqttVersion;
  /** What the broker tells in our place when the connection is lost. */
  readonly will: Message;
  /** Milliseconds for the connection to be made, and for each answer of the broker. */
  readonly timeoutMs: number;
  /** Ends an attempt to connect. */
  readonly signal: AbortSignal;
  /** Told of messages; `retained` are those that were there when {@link Link.subscribe} was called. */
  readonly onMessage: (message: Message, retained: boolean) => void;
}

const KEEPALIVE_S = 30;
/** What a broker may send us at once: discovery messages of others are among it. */
const MOST_BYTES = 4 * 1024 * 1024;
/** How many messages wait for an answer at once, where the broker does not want fewer. */
const MOST_IN_FLIGHT = 8;

/** One connection to a broker, from its greeting to its end. It is never made again. */
export interface Link {
  /** Resolves with the cause when the connection has ended. */
  readonly lost: Promise<Problem>;
  /** How many messages may be published before the first is answered. */
  readonly inFlight: number;
  /** Has a message retained; an empty one removes it. Resolves when the broker has acknowledged it, or refused. */
  publish(message: Message): Promise<Problem | undefined>;
  subscribe(filters: readonly string[]): Promise<Problem | undefined>;
  /** Says goodbye, so that the broker does not tell the will, and ends within `timeoutMs`. */
  end(timeoutMs: number): Promise<void>;
  /** Ends at once, for a reason; the broker tells the will. */
  drop(why: Problem): void;
}

/** Connects to a broker, once. Never rejects. */
export async function connect(target: MqttTarget, options: LinkOptions): Promise<Link | Problem> {
  if (options.signal.aborted) return closed;
  let client: MqttClient;
  try {
    client = connectMqtt(clientOptions(target, options));
  } catch (error) {
    return problemOf(error);
  }
  let problem: Problem | undefined;
  const lost = new Promise<Problem>((resolve) => {
    client.on('error', (error) => {
      problem ??= problemOf(error);
      // Not all errors of the library end the connection, and none leaves one that can be relied on.
      client.stream.destroy();
    });
    client.on('disconnect', ({ reasonCode = 0 }) => {
      const why = Object.entries(ReasonCodes).find(([code]) => code === String(reasonCode));
      problem ??= refusal(reasonCode, `it ends the connection: ${why?.[1] || `reason ${reasonCode}`}`);
    });
    client.on('close', () => resolve(problem ?? gone));
  });
  client.on('message', (topic, payload, { retain }) =>
    options.onMessage([topic, payload.toString()], retain),
  );
  const abort = () => {
    problem ??= closed;
    client.end(true);
  };
  options.signal.addEventListener('abort', abort);
  const connected = new Promise<number>((resolve) => {
    client.on('connect', ({ properties }) => resolve(properties?.receiveMaximum ?? MOST_IN_FLIGHT));
  });
  const first = await Promise.race([connected, lost]);
  options.signal.removeEventListener('abort', abort);
  if (typeof first !== 'number') return first;
  const drop = (why: Problem) => {
    problem ??= why;
    client.stream.destroy();
  };
  return linkOf(client, { lost, inFlight: Math.min(first, MOST_IN_FLIGHT), drop }, options);
}

const closed: Problem = { cause: 'unreachable', message: 'closed before the broker answered' };
const gone: Problem = { cause: 'unreachable', message: 'the broker closed the connection' };

function clientOptions(
  { protocol, host, port, user, password, ca }: MqttTarget,
  { version, will, timeoutMs }: LinkOptions,
): IClientOptions {
  return {
    protocol,
    host,
    port,
    // A broker ends one of two connections with the same id. MQTT 3.1.1 takes 23 characters.
    clientId: `scaletap-${randomBytes(6).toString('hex')}`,
    protocolVersion: version,
    // What is to be sent again is known here: the broker needs to remember nothing of an earlier connection.
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: timeoutMs,
    keepalive: KEEPALIVE_S,
    will: { topic: will[0], payload: Buffer.from(will[1]), qos: 1, retain: true },
    ...(user !== '' && { username: user, password }),
    ...(protocol === 'mqtts' && { ca: [...ca], minVersion: 'TLSv1.2' }),
    ...(version === 5 && { properties: { maximumPacketSize: MOST_BYTES } }),
  };
}

function linkOf(
  client: MqttClient,
  ends: Pick<Link, 'lost' | 'inFlight' | 'drop'>,
  { version, timeoutMs }: LinkOptions,
): Link {
  /** An answer of the broker, the end of the connection, or the end of our patience. */
  const answer = async (
    ask: (done: (error?: Error | null) => void) => void,
    meaning = problemOf,
  ): Promise<Problem | undefined> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Problem>((resolve) => {
      const message = `no answer of the broker within ${timeoutMs / 1000} s`;
      timer = setTimeout(resolve, timeoutMs, { cause: 'timeout', message });
    });
    const asked = new Promise<Problem | undefined>((resolve) => {
      // On a lost connection the library would call back at its own leisure.
      if (!client.connected) return;
      ask((error) => resolve(error ? meaning(error) : undefined));
    });
    const problem = await Promise.race([asked, ends.lost, late]);
    clearTimeout(timer);
    return problem;
  };
  /** MQTT 3.1.1 has one code for all refusals of a subscription: what is left to be wrong are the rights. */
  const refused = (error: unknown): Problem => {
    const problem = problemOf(error);
    return version === 4 ? { ...problem, cause: 'unauthorized' } : problem;
  };
  return {
    ...ends,
    async publish([topic, payload]) {
      const problem = await answer((done) => client.publish(topic, payload, { qos: 1, retain: true }, done));
      return problem && { ...problem, message: `${topic}: ${problem.message}` };
    },
    async subscribe(filters) {
      const problem = await answer((done) => {
        // In MQTT 3.1.1 a subscription has no options but its quality of service.
        client.subscribe([...filters], version === 5 ? { qos: 0, nl: true } : { qos: 0 }, done);
      }, refused);
      return problem && { ...problem, message: `subscribing: ${problem.message}` };
    },
    async end(withinMs) {
      const timer = setTimeout(() => client.stream.destroy(), withinMs);
      client.end();
      await ends.lost;
      clearTimeout(timer);
    },
  };
}
