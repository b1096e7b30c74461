import type { Answers, Bodies, Queries } from '../../views/shapes.js';

/** The server said no, or nothing. The message is for people. */
export class Problem extends Error {
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the paths below `api/` give, and what may be asked for behind them. */
interface Paths {
  readonly session: [Answers['session'], object];
  readonly status: [Answers['status'], object];
  readonly people: [Answers['people'], object];
  readonly kinds: [Answers['kinds'], Queries['kinds']];
  readonly series: [Answers['series'], Queries['series']];
  readonly 'weigh-ins': [Answers['weighIns'], Queries['weighIns']];
  readonly devices: [Answers['devices'], object];
  readonly exchanges: [Answers['exchanges'], Queries['exchanges']];
}

type Asked<Path extends string> = Path extends keyof Paths
  ? Paths[Path]
  : Path extends `people/${string}`
    ? [Answers['person'], object]
    : Path extends `weigh-ins/${string}`
      ? [Answers['weighIn'], object]
      : Path extends `exchanges/${string}`
        ? [Answers['exchangeDetail'], object]
        : never;

let signedOut: () => void = () => {};

/** Calls back whenever the server wants a password that it has not got. */
export function onSignedOut(callback: () => void): void {
  signedOut = callback;
}

/** How long an answer may take: a server that hangs must not leave the page waiting for good. */
const patienceMs = 30_000;

async function call(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
  const response = await answer(method, path, body, signal);
  if (response.ok) return response;
  // A wrong password is for the form that it came from.
  if (response.status === 401 && !(method === 'POST' && path === 'session')) signedOut();
  throw new Problem(response.status, await reasonOf(response));
}

/** Whatever the server answers, a refusal too. */
async function answer(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
  // AbortSignal.any would do, but the tablet on the kitchen wall may be too old for it.
  const ending = new AbortController();
  const end = () => ending.abort();
  const late = setTimeout(end, patienceMs);
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  try {
    const response = await fetch(`api/${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: ending.signal,
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    // The body too has to come in that time.
    const bytes = await response.blob();
    return new Response(response.status === 204 ? null : bytes, response);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'scaletap does not answer. Is it running, and is this device on its network?');
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', end);
  }
}

async function reasonOf(response: Response): Promise<string> {
  const fallback = `scaletap answered with HTTP ${response.status}. Its log says more.`;
  try {
    const said: Partial<Answers['problem']> = await response.json();
    return said.message ?? fallback;
  } catch {
    // Something between us and scaletap has answered, such as a proxy: its text is not for people.
    return fallback;
  }
}

function search(query: object): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/**
 * Asks for something: `get('people')`, `get('series', { person: 'ana', kinds: ['weight'] })`, `get(`exchanges/${id}`)`.
 * Throws a {@link Problem}, or the signal's reason.
 */
export async function get<Path extends string>(
  path: Path,
  query: Partial<Asked<Path>[1]> = {},
  signal?: AbortSignal,
): Promise<Asked<Path>[0]> {
  const response = await call('GET', path + search(query), undefined, signal);
  return response.json();
}

const part = encodeURIComponent;

/** Everything that changes something. Each throws a {@link Problem} whose message says what to do. */
export const change = {
  async signIn(body: Bodies['signIn']): Promise<void> {
    await call('POST', 'session', body);
  },
  async signOut(): Promise<void> {
    await call('DELETE', 'session');
  },
  async setPassword(body: Bodies['password']): Promise<void> {
    await call('PUT', 'password', body);
  },
  async setMode(body: Bodies['mode']): Promise<Answers['mode']> {
    return (await call('PUT', 'mode', body)).json();
  },
  async addPerson(body: Partial<Bodies['addPerson']>): Promise<Answers['person']> {
    return (await call('POST', 'people', body)).json();
  },
  async editPerson(key: string, body: Bodies['editPerson']): Promise<Answers['person']> {
    return (await call('PATCH', `people/${part(key)}`, body)).json();
  },
  async removePerson(key: string): Promise<void> {
    await call('DELETE', `people/${part(key)}`);
  },
  async mergePerson(key: string, body: Bodies['mergePerson']): Promise<void> {
    await call('POST', `people/${part(key)}/merge`, body);
  },
  async editWeighIn(id: string, body: Bodies['weighIn']): Promise<Answers['weighIn']> {
    return (await call('PATCH', `weigh-ins/${part(id)}`, body)).json();
  },
} as const;
