/** One scale of the load: a connection that goes through the capture's session again and again. */
import { connect } from 'node:net';
import { readMessage } from './http.mjs';
import { CONTINUE, steps } from './session.mjs';

/** All sockets read into this one: what was read is used up before the next read. */
const shared = Buffer.allocUnsafe(65_536);

/**
 * The reply bytes that came last for each step. A reply is the same for as long as the peer does not change its
 * head (nginx does every second), so most replies need one comparison and no parsing.
 */
const lastReplies = steps.map(() => Buffer.alloc(0));

/**
 * @typedef {object} Plan
 * @property {number} port where the peer listens
 * @property {boolean} reconnect a new connection for every session
 * @property {number} pauseMs what a scale waits after each reply before it goes on
 * @property {(ms: number) => void} done told of every exchange that got its whole, right reply
 * @property {() => void} altered told of a reply whose bytes are not the origin's
 * @property {(reason: string) => void} failed told of everything else; the scale then connects anew
 * @property {() => boolean} stopping whether to end after the exchange that is under way
 * @property {() => void} ended the scale has closed its last connection
 */

const RETRY_MS = 20;

/** @param {Plan} plan */
export function startScale(plan) {
  let socket;
  let step = 0;
  let sentAt = 0;
  /** What is to come next: a reply, or the word to go on with the body. */
  let goOnFirst = false;
  /** Bytes of a message that is not whole yet. */
  let pending = null;
  let idle = true;

  open();

  return {
    /** Gives up on an exchange that was sent before the given time, as a scale's own time-out would. */
    expire(before) {
      if (!idle && sentAt < before) fail(goOnFirst ? 'no 100 Continue' : 'no reply');
    },
  };

  function open() {
    pending = null;
    step = 0;
    goOnFirst = false;
    idle = false;
    sentAt = performance.now();
    const opened = connect({
      port: plan.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared,
        callback(length) {
          if (opened === socket) receive(length);
          return true;
        },
      },
    });
    socket = opened;
    opened.on('connect', send);
    opened.on('error', (error) => opened === socket && fail(error.code));
    opened.on('close', () => opened === socket && fail('closed'));
  }

  function send() {
    sentAt = performance.now();
    goOnFirst = steps[step].rest !== null;
    socket.write(steps[step].first);
  }

  function receive(length) {
    if (pending === null) {
      const expected = goOnFirst ? CONTINUE : lastReplies[step];
      if (length === expected.length && shared.compare(expected, 0, length, 0, length) === 0) {
        if (goOnFirst) goOn();
        else next();
        return;
      }
    }
    const piece = Buffer.from(shared.subarray(0, length));
    pending = pending === null ? piece : Buffer.concat([pending, piece]);
    try {
      while (pending !== null && readOne());
    } catch (error) {
      fail(error.message);
    }
  }

  /** Uses up the first message in `pending`, if it is whole, and says whether there may be another. */
  function readOne() {
    const message = readMessage(pending, 0);
    if (message === null || message.end === null) return false;
    const bytes = pending.subarray(0, message.end);
    pending = message.end === pending.length ? null : pending.subarray(message.end);
    if (message.start.startsWith('HTTP/1.1 100 ')) {
      if (!goOnFirst) throw new Error('100 Continue that was not asked for');
      if (!bytes.equals(CONTINUE)) plan.altered();
      goOn();
      return true;
    }
    if (!message.start.startsWith('HTTP/1.1 200 ')) throw new Error(message.start);
    if (goOnFirst) throw new Error('reply before 100 Continue');
    if (!message.payload.equals(steps[step].payload)) throw new Error('wrong body in the reply');
    if (pending !== null) throw new Error('bytes after the reply');
    if (!bytes.equals(steps[step].reply)) plan.altered();
    lastReplies[step] = bytes;
    next();
    return false;
  }

  function goOn() {
    goOnFirst = false;
    socket.write(steps[step].rest);
  }

  function next() {
    plan.done(performance.now() - sentAt);
    step = step + 1 === steps.length ? 0 : step + 1;
    if (plan.pauseMs === 0 || plan.stopping()) return goFurther();
    idle = true;
    setTimeout(() => {
      idle = false;
      if (socket !== undefined) goFurther();
    }, plan.pauseMs);
  }

  function goFurther() {
    if (plan.stopping()) {
      leave();
      plan.ended();
    } else if (step === 0 && plan.reconnect) {
      leave();
      open();
    } else {
      send();
    }
  }

  function leave() {
    idle = true;
    const left = socket;
    socket = undefined;
    left.end();
  }

  function fail(reason) {
    plan.failed(`${steps[step].name}: ${reason}`);
    idle = true;
    const left = socket;
    socket = undefined;
    left.destroy();
    if (plan.stopping()) plan.ended();
    else setTimeout(() => (plan.stopping() ? plan.ended() : open()), RETRY_MS);
  }
}
