/** One phone of the load: a tunnel through the proxy, with TLS inside or not, and requests in it. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { requestsTo, steps } from './app-message.mjs';
import { readMessage } from './http.mjs';

/**
 * @typedef {object} Plan
 * @property {number} port where the peer listens
 * @property {() => string | undefined} nextHost the host of the next tunnel; undefined when there is none to come
 * @property {import('node:tls').SecureContext | null} secureContext whom to trust inside; null for no TLS
 * @property {boolean} keepAlive request after request in one tunnel, or a tunnel for each
 * @property {(ms: number) => void} done told of every request that got its whole, right answer. The time is from its
 *   last byte sent, or where it had a tunnel of its own, from the first packet of that
 * @property {() => void} altered told of an answer whose bytes are not the origin's
 * @property {(reason: string) => void} failed told of everything else; the phone then opens a new tunnel
 * @property {() => boolean} stopping whether to end after the request that is under way
 * @property {() => void} ended the phone has closed its last tunnel
 */

const RETRY_MS = 20;
const HEAD_END = '\r\n\r\n';

/** @param {Plan} plan */
export function startPhone(plan) {
  let socket;
  let requests;
  /** Goes on over tunnels too, so that each step has its turn. */
  let step = 0;
  let stage = '';
  let sentAt = 0;
  /** The last answer to each step as it came, and bytes of one that is not whole yet. */
  const lastReplies = steps.map(({ reply }) => reply);
  let pending = null;

  open();

  return {
    /** Gives up on what was begun before the given time, as an app's own time-out would. */
    expire(before) {
      if (socket !== undefined && sentAt < before) fail('took too long');
    },
  };

  function open() {
    const host = plan.stopping() ? undefined : plan.nextHost();
    if (host === undefined) {
      plan.ended();
      return;
    }
    requests = requestsTo(host);
    pending = null;
    sentAt = performance.now();
    stage = 'CONNECT';
    const outer = connect({ port: plan.port, host: '127.0.0.1', noDelay: true });
    watch(outer);
    outer.on('connect', () => outer.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`));
    let head = '';
    outer.on('data', function onHead(piece) {
      head += piece.latin1Slice();
      if (!head.includes(HEAD_END)) return;
      outer.off('data', onHead);
      if (!head.startsWith('HTTP/1.1 200 ') || !head.endsWith(HEAD_END))
        fail(JSON.stringify(head.slice(0, 200)));
      else if (plan.secureContext === null) use(outer);
      else secure(outer, host);
    });
  }

  function secure(outer, host) {
    stage = 'TLS';
    const { secureContext } = plan;
    const inner = connectTls({
      socket: outer,
      servername: host,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      checkServerIdentity() {
        const names = inner.getPeerX509Certificate().checkHost(host);
        return names === undefined ? new Error('the certificate is for another host') : undefined;
      },
    });
    // Node asks for the whole chain as objects, for the check above, which does without. That alone would be a fifth of
    // what a handshake costs this process, and it shares its cores with what is measured.
    inner.getPeerCertificate = () => ({});
    watch(inner);
    inner.on('secureConnect', () => use(inner));
  }

  /** From here on this is the phone's socket, and what befalls an earlier one is no more of interest. */
  function watch(opened) {
    socket = opened;
    opened.on('error', (error) => {
      // Of a tunnel that is over nothing more is asked than that it closes.
      if (opened === socket && stage !== 'close') fail(error.code ?? error.message);
    });
    opened.on('close', () => {
      if (opened !== socket) return;
      if (stage === 'close') open();
      else fail('closed');
    });
  }

  function use(opened) {
    stage = 'request';
    opened.on('data', (piece) => opened === socket && stage === 'request' && receive(piece));
    if (plan.keepAlive) sentAt = performance.now();
    opened.write(requests[step]);
  }

  function receive(piece) {
    if (pending === null && piece.equals(lastReplies[step])) {
      next();
      return;
    }
    pending = pending === null ? piece : Buffer.concat([pending, piece]);
    try {
      const message = readMessage(pending, 0);
      if (message === null || message.end === null) return;
      if (!message.start.startsWith('HTTP/1.1 200 ')) throw new Error(message.start);
      if (!message.payload.equals(steps[step].payload)) throw new Error('wrong body in the answer');
      if (message.end !== pending.length) throw new Error('bytes after the answer');
      if (!pending.equals(steps[step].reply)) plan.altered();
      lastReplies[step] = pending;
      pending = null;
      next();
    } catch (error) {
      fail(error.message);
    }
  }

  function next() {
    plan.done(performance.now() - sentAt);
    sentAt = performance.now();
    step = step + 1 === steps.length ? 0 : step + 1;
    if (plan.keepAlive && !plan.stopping()) socket.write(requests[step]);
    else {
      // The next tunnel is opened when this one is gone.
      stage = 'close';
      socket.end();
    }
  }

  function fail(reason) {
    plan.failed(`${stage}: ${reason}`);
    const left = socket;
    socket = undefined;
    left.destroy();
    setTimeout(open, RETRY_MS);
  }
}
