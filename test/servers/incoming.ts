import type { Socket } from 'node:net';

/** The other side has closed, or has said nothing for too long, where more of it was needed. */
export class NoMore extends Error {
  override readonly name = 'NoMore';
}

/** One HTTP message: its head with the blank line, and what its body says, without chunk framing. */
export interface Message {
  readonly head: string;
  readonly payload: Buffer;
  /** Every byte of it as it came. */
  readonly raw: Buffer;
}

/** The end of lines, and the end of a head, which the length of the text stands before. */
const LINE = '\r\n';
const HEAD = '\r\n\r\n';

/**
 * What comes in on a socket, taken apart as the HTTP of scales and their cloud. It takes only what these may send,
 * and is no kin of the reader that the tests are about, so that it does not share its faults.
 */
export class Incoming {
  #pending: Buffer = Buffer.alloc(0);
  #over: string | undefined;
  #wake: () => void = () => undefined;
  readonly #patienceMs: number;

  /** `patienceMs` is how long it waits for more before it gives up. */
  constructor(socket: Socket, patienceMs: number) {
    this.#patienceMs = patienceMs;
    socket.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      this.#wake();
    });
    const over = (why: string) => () => {
      this.#over ??= why;
      this.#wake();
    };
    socket.on('error', over('the connection was reset'));
    socket.on('end', over('the other side has closed'));
    socket.on('close', over('the connection is closed'));
  }

  /** Whether the other side has closed in any way. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** What came and was not taken, for messages. */
  get rest(): string {
    return this.#pending.toString('latin1');
  }

  /** Waits for a first byte, at most so long; false when none came. */
  async begins(withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (this.#pending.length === 0 && this.#over === undefined && performance.now() < deadline) {
      await this.#more(deadline - performance.now());
    }
    return this.#pending.length > 0;
  }

  /** The next so many bytes, whatever they are. */
  async take(count: number): Promise<Buffer> {
    await this.#fill(() => this.#pending.length >= count);
    return this.#take(count);
  }

  /** The next message. */
  async message(): Promise<Message> {
    return this.body(await this.head());
  }

  /** The next head, up to and with its blank line. */
  async head(): Promise<string> {
    await this.#fill(() => this.#pending.includes(HEAD));
    return this.#take(this.#pending.indexOf(HEAD) + HEAD.length).toString('latin1');
  }

  /** The body that belongs to a head. Throws {@link NoMore} when it is not framed as it must be. */
  async body(head: string): Promise<Message> {
    const parts: Buffer[] = [];
    const payload: Buffer[] = [];
    const next = async (count: number): Promise<Buffer> => {
      const taken = await this.take(count);
      parts.push(taken);
      return taken;
    };
    if (/^transfer-encoding: *chunked\r$/im.test(head)) {
      for (let size = -1; size !== 0; ) {
        await this.#fill(() => this.#pending.includes(LINE));
        const line = (await next(this.#pending.indexOf(LINE) + LINE.length)).toString('latin1');
        if (!/^[0-9a-f]{1,8}\r\n$/i.test(line)) throw new NoMore(`no size of a chunk: ${line}`);
        size = Number.parseInt(line, 16);
        const chunk = await next(size + LINE.length);
        if (chunk.toString('latin1', size) !== LINE) throw new NoMore('a chunk is longer than its size');
        payload.push(chunk.subarray(0, size));
      }
    } else {
      const length = /^content-length: *(\d+)\r$/im.exec(head)?.[1];
      if (length === undefined) throw new NoMore(`no length in the head: ${head}`);
      payload.push(await next(Number(length)));
    }
    return {
      head,
      payload: Buffer.concat(payload),
      raw: Buffer.concat([Buffer.from(head, 'latin1'), ...parts]),
    };
  }

  async #fill(enough: () => boolean): Promise<void> {
    const deadline = performance.now() + this.#patienceMs;
    while (!enough()) {
      const left = deadline - performance.now();
      if (this.#over !== undefined) throw new NoMore(this.#over);
      if (left <= 0) throw new NoMore(`nothing more came for ${this.#patienceMs / 1000} s`);
      await this.#more(left);
    }
  }

  /** Resolves when something has happened on the socket, or after so long. */
  #more(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #take(count: number): Buffer {
    const taken = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return taken;
  }
}
