import type { Log } from '../log.js';
import type { OwedPlace } from '../model/owed.js';
import { vendorNamed } from '../vendors/index.js';
import type { OfflineVendor } from '../vendors/vendor.js';
import { isOffline } from '../vendors/vendor.js';
import type { UpstreamCall } from '../wire/call.js';
import type { Upstream } from '../wire/upstreams.js';
import { atMost } from './at-most.js';
import type { DeliveryResult } from './catch-up.js';
import { deliverOwed, visitAndDeliver } from './catch-up.js';
import type { OwingVisit } from './stand-in.js';

export interface CatchUpOptions {
  readonly place: OwedPlace;
  /** The values of a device by their names; undefined when they cannot be had now. */
  readonly values: (vendor: string, device: string) => Promise<ReadonlyMap<string, string> | undefined>;
  /** Where a vendor's devices speak to. */
  readonly upstreamOf: (vendor: OfflineVendor) => Upstream;
  readonly call: (upstream: Upstream) => UpstreamCall;
  /** Whether upstream may be called now. */
  readonly mayCall: () => boolean;
  /** How long the end of a session may be held, in milliseconds. */
  readonly withinMs: number;
  readonly answerTimeoutMs: number;
  /** How often sessions of our own are opened, in milliseconds; null for never. */
  readonly everyMs: number | null;
}

/** Sees to it that the cloud gets what it is owed: in the sessions of the devices, and in some of our own if wanted. */
export class CatchUpLoop {
  readonly #options: CatchUpOptions;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout | null;
  /** Null until the store is open. */
  #owing: ReadonlySet<string> | null = null;
  #known: () => void = () => undefined;
  readonly #whenKnown = new Promise<void>((resolve) => {
    this.#known = resolve;
  });

  constructor(options: CatchUpOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    const { everyMs } = options;
    this.#timer = everyMs === null ? null : setInterval(() => void this.#visitAll(), everyMs).unref();
  }

  /** The devices that something is owed of, each as `vendor device`. */
  set owing(owing: readonly string[]) {
    this.#owing = new Set(owing);
    this.#known();
  }

  /** Whether anything is owed, or may be. */
  get owesAny(): boolean {
    return this.#owing === null || this.#owing.size > 0;
  }

  /** Whether anything of a device is owed, or may be. */
  owes(vendor: string, device: string): boolean {
    return this.#owing === null || this.#owing.has(`${vendor} ${device}`);
  }

  /** Sends what is owed of a device in its own session. Resolves when that may end. */
  async deliver({ vendor, device, session, upstream }: OwingVisit): Promise<void> {
    const { place, withinMs, answerTimeoutMs } = this.#options;
    // A visit may come before the store is open, and what is owed be known with it.
    if (this.#owing === null) await atMost(withinMs, this.#whenKnown);
    // The mode may have been switched meanwhile.
    if (this.#owing === null || !this.owes(vendor.name, device) || !this.#options.mayCall()) return;
    const call = this.#options.call(upstream);
    const { due, over } = deliverOwed({ vendor, device, session, place, call, withinMs, answerTimeoutMs });
    void over.then((result) => {
      call.close();
      this.#tell(device, result);
    });
    await due;
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  async #visitAll(): Promise<void> {
    for (const key of this.#owing ?? []) {
      if (!this.#options.mayCall()) return;
      const [name = '', device = ''] = key.split(' ');
      const vendor = vendorNamed(name);
      if (isOffline(vendor)) await this.#visit(vendor, device);
    }
  }

  async #visit(vendor: OfflineVendor, device: string): Promise<void> {
    const { place, values, upstreamOf, answerTimeoutMs } = this.#options;
    const known = await values(vendor.name, device);
    if (known === undefined) return;
    const call = this.#options.call(upstreamOf(vendor));
    const value = (_: string, name: string) => known.get(name);
    this.#tell(
      device,
      await visitAndDeliver({ vendor, device, place, call, answerTimeoutMs, known: { value } }),
    );
    call.close();
  }

  #tell(device: string, { delivered, refused, end, problem }: DeliveryResult): void {
    const what = `${delivered} owed measures of ${device} are with the cloud now`;
    if (delivered + refused > 0)
      this.#log.info(refused === 0 ? what : `${what}, ${refused} were refused by it`);
    if (end === 'trouble') this.#log.warn(`owed measures of ${device} are still to be sent: ${problem}`);
    if (end === 'unknown') {
      this.#log.debug(`no session can be opened as ${device}: its secret, or how it opens one, is not known`);
    }
  }
}
