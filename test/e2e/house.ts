import { join } from 'node:path';
import Libsql from 'libsql';
import { expect, onTestFinished } from 'vitest';
import type { ScaleOptions, Visit } from '../servers/scale.js';
import { Scale } from '../servers/scale.js';
import type { CloudUser, Tally } from '../servers/withings-books.js';
import { WithingsCloud } from '../servers/withings-cloud.js';
import type { Program } from './scaletap.js';
import { folder, output, run, serve, until } from './scaletap.js';

/** A house with scales, a running scaletap, and a cloud outside that can be told to misbehave. */

/** Time-outs that a test can wait for. */
export const quick: readonly string[] = [
  ...['--connect-timeout', '1', '--first-byte-timeout', '1', '--answer-timeout', '1'],
  ...['--probe-interval', '0.3'],
];

/** A person in the cloud's table, last weighed nine days ago. */
export function person(id: number, sn: string, wt: number): CloudUser {
  const cr = Math.floor(Date.now() / 1000) - 9 * 86_400;
  return { id, sn, wt, ht: 1.727, agt: 20.8, sx: 0, fm: 3, cr, att: 0 };
}

/** One reading, as `readings --json` tells it. */
interface Told {
  readonly time: string;
  readonly device: string;
  readonly kind: string;
  readonly value: number;
  readonly person: string | null;
  readonly personName: string | null;
  readonly quality: readonly string[];
}

export class House {
  readonly cloud: WithingsCloud;
  readonly dataDir: string;
  readonly flags: readonly string[];
  readonly scales: Scale[] = [];
  program: Program;
  port: number;

  private constructor(cloud: WithingsCloud, dataDir: string, flags: readonly string[], up: Up) {
    this.cloud = cloud;
    this.dataDir = dataDir;
    this.flags = flags;
    this.program = up.program;
    this.port = up.port;
  }

  /** Starts cloud and scaletap; both end with the test. */
  static async open(flags: readonly string[] = quick, dataDir = folder()): Promise<House> {
    const cloud = await WithingsCloud.start();
    onTestFinished(() => cloud.stop());
    return new House(cloud, dataDir, flags, await serve(dataDir, cloud.port, flags));
  }

  /** Like {@link open}, with a scale that has made its first visit. */
  static async withScale(
    flags?: readonly string[],
    dataDir?: string,
  ): Promise<{ house: House; scale: Scale }> {
    const house = await House.open(flags, dataDir);
    const scale = house.scale();
    await house.firstVisit(scale);
    return { house, scale };
  }

  /** A scale that the cloud knows, with one person of 77 kg, and that is asked for maint in its first session. */
  scale(options: ScaleOptions = {}, users = [person(1744475, 'MIC', 77.11)]): Scale {
    const scale = new Scale(this.port, options);
    const { mac, secret } = scale.identity;
    this.cloud.add(mac, { secret, users, asksMaint: true });
    this.scales.push(scale);
    return scale;
  }

  /** Ends scaletap and starts it again, where the scales find it; with its store open, or as soon as it listens. */
  async restart(
    signal: NodeJS.Signals,
    flags = this.flags,
    when: 'open' | 'at once' = 'open',
  ): Promise<void> {
    await this.program.kill(signal);
    const { program, port } = await serve(this.dataDir, this.cloud.port, flags);
    this.program = program;
    this.port = port;
    for (const scale of this.scales) scale.port = port;
    if (when === 'open') await program.says(/keeping exchanges and readings/);
  }

  /** Whether it was the cloud that opened the session of a visit. */
  wasLive({ session }: Visit): boolean {
    return session !== null && this.cloud.books.sessions.has(session.sessionid);
  }

  /** The first visit, in which scaletap learns what there is to be learnt. */
  async firstVisit(scale: Scale): Promise<Visit> {
    const visit = await scale.visit();
    expect(this.wasLive(visit)).toBe(true);
    expect(visit.exchanges.map(({ endpoint }) => endpoint)).toContain('maint');
    await this.program.says(/keeping exchanges and readings/);
    await until('the secret', () => this.#knowsSecret(scale) || undefined);
    return visit;
  }

  /** Out of the database itself: a command takes a while to start. */
  #knowsSecret({ identity }: Scale): boolean {
    const db = new Libsql(join(this.dataDir, 'scaletap.db'), { readonly: true });
    try {
      const secret = db.prepare("SELECT text FROM value WHERE device = ? AND name = 'secret'");
      return secret.all([identity.mac]).length > 0;
    } finally {
      db.close();
    }
  }

  /** Visits until one goes to the cloud again. */
  async liveVisit(scale: Scale): Promise<Visit> {
    return until('a visit to the cloud', async () => {
      const visit = await scale.visit();
      return this.wasLive(visit) ? visit : undefined;
    });
  }

  /** Runs a command on the data of the house. */
  command(...args: readonly string[]) {
    return run(...args, '--data-dir', this.dataDir);
  }

  /** All readings. */
  async readings(): Promise<Told[]> {
    const all = await output('readings', '--json', '--data-dir', this.dataDir);
    return all
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  /** Waits until every weigh-in of the scales that they have forgotten is a reading, and checks that it is one. */
  async expectKept(): Promise<readonly Told[]> {
    const wanted = this.scales.flatMap((scale) => forgotten(scale).map(({ time }) => keyOf(scale, time)));
    const weights = await until('the readings', async () => {
      const found = (await this.readings()).filter(({ kind }) => kind === 'weight');
      return found.length >= wanted.length ? found : undefined;
    });
    const found = weights.map(({ device, time }) => `${device} ${Date.parse(time) / 1000} 1`);
    expect(found.filter((key) => wanted.includes(key)).sort()).toEqual(wanted.sort());
    return weights;
  }

  /** Checks that the cloud has answered every forgotten weigh-in once, and says which came in vain before. */
  expectDelivered(): { readonly inVain: number } {
    const tallies = this.cloud.books.tally();
    const none: Tally = { received: 0, answered: 0 };
    let inVain = 0;
    const wrong: string[] = [];
    for (const scale of this.scales) {
      for (const { time } of forgotten(scale)) {
        const { received, answered } = tallies.get(keyOf(scale, time)) ?? none;
        inVain += received - answered;
        if (answered !== 1) wrong.push(`${keyOf(scale, time)}: received ${received}, answered ${answered}`);
      }
    }
    expect(wrong).toEqual([]);
    return { inVain };
  }
}

type Up = Awaited<ReturnType<typeof serve>>;

/** What a scale has delivered as far as it knows. */
function forgotten({ weighed, store }: Scale) {
  return weighed.filter((weighIn) => !store.includes(weighIn));
}

function keyOf({ identity }: Scale, time: number): string {
  return `${identity.mac} ${time} 1`;
}
