import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Influxd } from '../../servers/influxdb.js';

export const token = 'token-of-the-test==';
export const org = 'our house';

/**
 * The APIs of InfluxDB 2 and 3 for writing and deleting, as docs.influxdata.com has them, in front of a real InfluxDB 1.x: no real server
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

type Answer = (status: number, body?: object) => void;

async function handle(influxd: Influxd, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://door');
  const answer: Answer = (status, said) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(said && JSON.stringify(said));

  const two = pathname.startsWith('/api/v2/');
  if (
    request.method !== 'POST' ||
    !['/api/v2/write', '/api/v2/delete', '/api/v3/write_lp'].includes(pathname)
  )
    return void response.writeHead(404).end('404 page not found');
  const error = (status: number, code: string, message: string) =>
    answer(status, two ? { code, message } : { error: message, data: null });
  if (request.headers.authorization !== `${two ? 'Token' : 'Bearer'} ${token}`)
    return error(401, 'unauthorized', 'unauthorized access');
  if (two && query.get('org') !== org) return error(404, 'not found', 'organization name not found');
  const database = query.get(two ? 'bucket' : 'db') ?? '';
  if (pathname === '/api/v2/delete') return remove(influxd, database, body.toString(), answer);
  if (query.get('precision') !== (two ? 'ms' : 'millisecond'))
    return error(400, 'invalid', 'invalid precision');
  if (two && body.length === 0) return error(400, 'invalid', 'writing requires points');

  const write = () =>
    fetch(`${influxd.url}/write?${new URLSearchParams({ db: database, precision: 'ms' })}`, {
      method: 'POST',
      headers: { 'content-encoding': request.headers['content-encoding'] ?? 'identity' },
      body,
    });
  let written = await write();
  if (written.status === 404) {
    if (two) return error(404, 'not found', `bucket "${database}" not found`);
    await influxd.query(`CREATE DATABASE "${database}"`);
    written = await write();
  }
  if (written.status === 204) return answer(204);
  const { error: said = '' } = (await written.json()) as { error?: string };
  if (written.status !== 400) return error(written.status, 'too large', said);
  if (two && said.startsWith('unable to parse')) return error(400, 'invalid', said);
  if (two) return error(422, 'unprocessable entity', `failure writing points to database: ${said}`);
  const data = [{ original_line: 'scaletap …', line_number: 1, error_message: said }];
  answer(400, { error: 'partial write of line protocol occurred', data });
}

/** What a value in double quotes may hold, and the operators that InfluxDB 2 has for a deletion. */
const condition = /^("?)(\w+)\1="((?:[^"\\\n]|\\["'\\n])*)"(?: AND |$)/;

/**
 * A deletion of InfluxDB 2, done by InfluxDB 1.x: tags that are equal, joined by AND. Of the two ways to read `stop`
 * this takes the one by which less is deleted.
 */
async function remove(influxd: Influxd, database: string, body: string, answer: Answer): Promise<void> {
  const { start, stop, predicate } = JSON.parse(body) as Record<string, string>;
  const where: string[] = [];
  let measurement = '';
  let left = predicate ?? '';
  for (let found = condition.exec(left); found !== null; found = condition.exec(left)) {
    const [whole, , name = '', quoted = ''] = found;
    const value = quoted.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
    if (name === '_measurement') measurement = value;
    else where.push(`"${name}" = '${value.replace(/[\\']/g, '\\$&')}'`);
    left = left.slice(whole.length);
  }
  if (left !== '' || measurement === '')
    return answer(400, { code: 'invalid', message: `bad logical expression: ${left}` });
  where.push(`time >= '${start}'`, `time < '${stop}'`);
  try {
    await influxd.query(`DELETE FROM "${measurement}" WHERE ${where.join(' AND ')}`, database);
  } catch (error) {
    if (!String(error).includes('database not found')) throw error;
    return answer(404, { code: 'not found', message: `bucket "${database}" not found` });
  }
  answer(204);
}
