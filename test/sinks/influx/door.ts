import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Influxd } from '../../servers/influxdb.js';

export const token = 'token-of-the-test==';
export const org = 'our house';

/**
 * The write APIs of InfluxDB 2 and 3, as docs.influxdata.com has them, in front of a real InfluxDB 1.x: no real server
 * of these versions can be had. Line protocol and compression go through untouched, so what is judged and stored is
 * judged and stored by InfluxDB; paths, tokens and the form of answers are this page's.
 */
export interface Door {
  readonly url: string;
  close(): Promise<void>;
}

export async function openDoor(influxd: Influxd): Promise<Door> {
  const server = createServer((request, response) => {
    handle(influxd, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(influxd: Influxd, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://door');
  const answer = (status: number, body?: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));

  const two = pathname === '/api/v2/write';
  if (request.method !== 'POST' || (!two && pathname !== '/api/v3/write_lp'))
    return void response.writeHead(404).end('404 page not found');
  const error = (status: number, code: string, message: string) =>
    answer(status, two ? { code, message } : { error: message, data: null });
  if (request.headers.authorization !== `${two ? 'Token' : 'Bearer'} ${token}`)
    return void error(401, 'unauthorized', 'unauthorized access');
  if (query.get('precision') !== (two ? 'ms' : 'millisecond'))
    return void error(400, 'invalid', 'invalid precision');
  if (two && query.get('org') !== org) return void error(404, 'not found', 'organization name not found');

  const database = query.get(two ? 'bucket' : 'db') ?? '';
  const write = () =>
    fetch(`${influxd.url}/write?${new URLSearchParams({ db: database, precision: 'ms' })}`, {
      method: 'POST',
      headers: { 'content-encoding': request.headers['content-encoding'] ?? 'identity' },
      body: Buffer.concat(chunks),
    });
  let written = await write();
  if (written.status === 404) {
    if (two) return void error(404, 'not found', `bucket "${database}" not found`);
    await influxd.query(`CREATE DATABASE "${database}"`);
    written = await write();
  }
  if (written.status === 204) return void answer(204);
  const { error: said = '' } = (await written.json()) as { error?: string };
  if (written.status !== 400) return void error(written.status, 'too large', said);
  if (two && said.startsWith('unable to parse')) return void error(400, 'invalid', said);
  if (two) return void error(422, 'unprocessable entity', `failure writing points to database: ${said}`);
  const data = [{ original_line: 'scaletap …', line_number: 1, error_message: said }];
  answer(400, { error: 'partial write of line protocol occurred', data });
}
