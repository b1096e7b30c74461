/**
 * One scale session out of the WS-30 capture: once, session new, maint with `Expect: 100-continue`, session
 * delete. The bytes are the capture's own, in both directions.
 */
import { readFileSync } from 'node:fs';
import { readMessage } from './http.mjs';

/**
 * @typedef {object} Step
 * @property {string} name path and action, e.g. `/cgi-bin/session new`
 * @property {Buffer} request the whole request
 * @property {Buffer} first what the scale sends at once: the whole request, or its head when it asks to go on
 * @property {Buffer | null} rest the body that it sends after `100 Continue`
 * @property {Buffer} reply the whole reply
 * @property {Buffer} payload the reply's body without chunk framing
 */

export const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

/** @type {Step[]} */
export const steps = split(readFileSync(new URL('../captures/ws30-update.http', import.meta.url)));

/**
 * Names a request as {@link Step} does.
 *
 * @param {string} start the request line
 * @param {Buffer} payload
 */
export function nameOf(start, payload) {
  const action = /^action=(\w+)/.exec(payload.toString('latin1', 0, 32));
  return `${start.split(' ')[1]} ${action?.[1]}`;
}

/** The capture holds both directions of one connection in the order in which they crossed. */
function split(capture) {
  const found = [];
  let at = 0;
  while (at < capture.length) {
    const asked = readMessage(capture, at);
    const first = capture.subarray(at, asked.expects ? asked.headEnd : asked.end);
    at += first.length;
    let rest = null;
    if (asked.expects) {
      if (!capture.subarray(at, at + CONTINUE.length).equals(CONTINUE)) throw new Error('no 100 Continue');
      at += CONTINUE.length;
      // Content-Length counts from the head's end, where the capture has the 100 Continue.
      const length = asked.end - asked.headEnd;
      rest = capture.subarray(at, at + length);
      at += length;
    }
    const answered = readMessage(capture, at);
    const reply = capture.subarray(at, answered.end);
    at = answered.end;
    const payload = rest ?? asked.payload;
    const request = rest ? Buffer.concat([first, rest]) : first;
    found.push({
      name: nameOf(asked.start, payload),
      request,
      first,
      rest,
      reply,
      payload: answered.payload,
    });
  }
  return found;
}
