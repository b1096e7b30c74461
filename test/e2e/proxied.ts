import { join } from 'node:path';
import Libsql from 'libsql';
import { onTestFinished } from 'vitest';
import type { AppRequest } from '../servers/renpho-app.js';
import type { RenphoBooks } from '../servers/renpho-books.js';
import type { RenphoCloud, RenphoCloudOptions } from '../servers/renpho-cloud.js';
import { renphoCloud } from '../servers/renpho-cloud.js';
import type { Answered } from './curl.js';
import { sendAll } from './curl.js';
import { folder, output, Program, run, until } from './scaletap.js';

/** A phone's apps, a running scaletap that is their proxy, and a stand-in for both of Renpho's clouds. */

/** A weight as it stands in the database. */
interface Weight {
  /** Unix seconds. */
  readonly at: number;
  readonly kg: number;
  readonly person: string | null;
  readonly cloudId: string | null;
  readonly quality: string | null;
}

export class Proxied {
  readonly cloud: RenphoCloud;
  readonly dataDir: string;
  readonly program: Program;
  /** Of the proxy, on loopback. */
  readonly port: number;
  /** Its certificate authority, as `ca export` gives it. */
  readonly caFile: string;

  private constructor(cloud: RenphoCloud, dataDir: string, program: Program, port: number, caFile: string) {
    this.cloud = cloud;
    this.dataDir = dataDir;
    this.program = program;
    this.port = port;
    this.caFile = caFile;
  }

  /** Starts cloud and scaletap; both end with the test. The words of `enter` go before scaletap's. */
  static async open(
    flags: readonly string[] = [],
    options: RenphoCloudOptions = {},
    enter: readonly string[] = [],
    dataDir = folder(),
  ): Promise<Proxied> {
    const cloud = await renphoCloud(options);
    onTestFinished(() => cloud.close());
    const usual = [
      ...(flags.includes('--proxy-listen') ? [] : ['--proxy-listen', '127.0.0.1:0']),
      ...(flags.includes('--web-listen') ? [] : ['--web-listen', 'off']),
    ];
    const listen = ['--listen', '127.0.0.1:0', ...usual];
    const args = ['serve', ...listen, '--data-dir', dataDir, ...cloud.upstreamFlags, ...flags];
    const program = new Program(args, {}, enter);
    const [, port] = await program.says(/listening for phones: (?:port |\S+:)(\d+)/);
    await program.says(/keeping exchanges and readings/);
    const caFile = join(folder(), 'ca.pem');
    // Without it where the authority of the folder is damaged.
    await run('ca', 'export', '--out', caFile, '--data-dir', dataDir);
    return new Proxied(cloud, dataDir, program, Number(port), caFile);
  }

  get books(): RenphoBooks {
    return this.cloud.books;
  }

  /** Sends what an app sends, through the proxy and with trust in its authority. */
  send(requests: readonly AppRequest[], options: readonly string[] = []): Promise<Answered[]> {
    return sendAll(requests, { proxyPort: this.port, caFile: this.caFile, options });
  }

  /** Sends the same past the proxy. */
  sendPast(requests: readonly AppRequest[], options: readonly string[] = []): Promise<Answered[]> {
    const { port, caFile } = this.cloud;
    const to = `connect-to = "::127.0.0.1:${port}"`;
    return sendAll(requests, { proxyPort: null, caFile, options: [to, ...options] });
  }

  /** Runs a command on its data that must do well, and gives what it printed. */
  output(...args: readonly string[]): Promise<string> {
    return output(...args, '--data-dir', this.dataDir);
  }

  /** Resolves once so many exchanges are on disk. */
  async exchanges(count: number): Promise<void> {
    await until(`${count} exchanges`, () => countIn(this.dataDir) >= count || undefined);
  }

  /** Resolves with all weights once there are so many. */
  weights(count: number): Promise<Weight[]> {
    return until(`${count} weights`, () => {
      const found = weightsIn(this.dataDir);
      return found.length >= count ? found : undefined;
    });
  }
}

/** All weights of a database, the oldest first. */
export function weightsIn(dataDir: string): Weight[] {
  const columns = 'time_ms / 1000 AS at, value AS kg, person, cloud_id AS cloudId, quality';
  return select(dataDir, `SELECT ${columns} FROM reading WHERE kind = 'weight' ORDER BY time_ms, person`);
}

function countIn(dataDir: string): number {
  const [row] = select<{ count: number }>(dataDir, 'SELECT count(*) AS count FROM exchange');
  return row?.count ?? 0;
}

/** Rows out of the database itself: a command takes a while to start. */
function select<Row>(dataDir: string, query: string): Row[] {
  const db = new Libsql(join(dataDir, 'scaletap.db'), { readonly: true });
  try {
    return db.prepare(query).all() as Row[];
  } finally {
    db.close();
  }
}
