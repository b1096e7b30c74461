/**
 * What a WS-30 makes of a reply, by the disassembly of its firmware 211: docs/protocols/withings.md, "Replies". It
 * is stricter than the scale in one way: what the scale would pass over in silence is refused here, so that a test
 * sees it. The 600 bytes that the scale has for the parsed JSON are not modelled: how large its nodes are is not public.
 */

/** A reply that the scale cannot use. The message says which rule it breaks. */
export class ReplyRefused extends Error {
  override readonly name = 'ReplyRefused';

  constructor(endpoint: string, why: string, payload: Buffer) {
    super(`the scale cannot use the reply to ${endpoint}: ${why}: ${payload.toString('utf8')}`);
  }
}

/** A person as the scale knows one. */
export interface ScaleUser {
  readonly id: number;
  readonly sn: string;
  readonly ht: number;
  readonly agt: number;
  readonly sx: number;
  readonly fm: number;
  /** Last weight in kg, its Unix time, its attribute: 4 is a person who was never weighed. */
  wt: number;
  cr: number;
  att: number;
}

/** What a session reply tells the scale. What it does not tell is undefined. */
export interface SessionReply {
  readonly sessionid: string;
  readonly users: ScaleUser[] | undefined;
  readonly ind: { readonly lg?: string; readonly stp: number; readonly g: number } | undefined;
  readonly utc: number | undefined;
  readonly zone: { readonly goff: number; readonly dst: number; readonly ngoff: number } | undefined;
  /** Members by which a server makes the scale load firmware, change server or change its secret. */
  readonly orders: readonly string[];
}

const LARGEST = { once: 1799, session: 1799, measure: 220, association: 220 } as const;
const LONGEST_ID = 31;
const MOST_USERS = 15;
const DEEPEST = 20;
const NAME_CHARACTERS = 3;
const LANGUAGE_CHARACTERS = 5;

type Members = Readonly<Record<string, unknown>>;

/** The status of a reply and its body, as far as the scale looks at them. */
export function parseReply(endpoint: string, payload: Buffer): { status: number; body: Members } {
  const refuse = (why: string) => new ReplyRefused(endpoint, why, payload);
  const largest = (LARGEST as Readonly<Record<string, number>>)[endpoint] ?? LARGEST.measure;
  if (payload.length > largest) throw refuse(`${payload.length} bytes are more than ${largest}`);
  const text = payload.toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw refuse('it is not JSON');
  }
  if (!isObject(parsed)) throw refuse('it is no object');
  if (depth(parsed) > DEEPEST) throw refuse(`it is nested more than ${DEEPEST} deep`);
  const { status, body } = parsed;
  if (typeof status !== 'number' || !/"status"\s*:\s*-?\d+\s*[,}]/.test(text)) {
    throw refuse('its status is no whole number');
  }
  const names = Object.keys(parsed);
  if (names.includes('body') && names.indexOf('status') > names.indexOf('body')) {
    throw refuse('its status comes after its body');
  }
  return { status, body: isObject(body) ? body : {} };
}

/** What is in the body of a good reply to once. */
export function parseOnce(payload: Buffer): string {
  return id('once', 'once', parseReply('once', payload).body, payload);
}

/** What is in the body of a good reply to session new. */
export function parseSession(payload: Buffer): SessionReply {
  const { body } = parseReply('session', payload);
  const refuse = (why: string) => new ReplyRefused('session', why, payload);
  const member = (name: string): Members | undefined => {
    const found = body[name];
    if (found !== undefined && !isObject(found)) throw refuse(`${name} is no object`);
    return found;
  };
  const [sp, ind, syp, ctp] = ['sp', 'ind', 'syp', 'ctp'].map(member);
  return {
    sessionid: id('session', 'sessionid', body, payload),
    users: sp === undefined ? undefined : usersIn(sp, refuse),
    ind: ind === undefined ? undefined : indIn(ind, refuse),
    utc: syp?.utc === undefined ? undefined : whole(syp, 'utc', refuse),
    zone: ctp && {
      goff: whole(ctp, 'goff', refuse),
      dst: whole(ctp, 'dst', refuse),
      ngoff: whole(ctp, 'ngoff', refuse),
    },
    orders: namesIn(body).filter((name) => ['blc', 'sha1', 'ws', 'kl'].includes(name)),
  };
}

type Refuse = (why: string) => ReplyRefused;

function usersIn({ users }: Members, refuse: Refuse): ScaleUser[] {
  if (!Array.isArray(users)) throw refuse('sp.users is no list');
  if (users.length > MOST_USERS) throw refuse(`${users.length} users are more than ${MOST_USERS}`);
  return users.map((user: unknown) => {
    if (!isObject(user)) throw refuse('a user is no object');
    if (Object.values(user).some(isObject)) throw refuse('an object is inside a user');
    const { sn } = user;
    if (typeof sn !== 'string' || sn.length > NAME_CHARACTERS) throw refuse('sn is no short name');
    for (const name of ['re', 'ri']) if (user[name] !== undefined) whole(user, name, refuse);
    const userId = whole(user, 'id', refuse);
    if (userId < 1 || userId > 0xffffffff) throw refuse(`the id ${userId} has not 32 bits`);
    return {
      id: userId,
      sn,
      wt: number(user, 'wt', refuse),
      ht: number(user, 'ht', refuse),
      agt: number(user, 'agt', refuse),
      sx: whole(user, 'sx', refuse),
      fm: whole(user, 'fm', refuse),
      cr: whole(user, 'cr', refuse),
      att: whole(user, 'att', refuse),
    };
  });
}

function indIn(ind: Members, refuse: Refuse): NonNullable<SessionReply['ind']> {
  const { lg } = ind;
  if (lg !== undefined && (typeof lg !== 'string' || lg.length > LANGUAGE_CHARACTERS)) {
    throw refuse('lg is no language');
  }
  for (const [name, value] of Object.entries(ind)) {
    if (typeof value === 'number' && !Number.isInteger(value)) throw refuse(`${name} is not whole`);
  }
  const g = whole(ind, 'g', refuse);
  // The scale would pass over all of ind.
  if (g === 0) throw refuse('g is 0');
  return {
    ...(lg === undefined ? {} : { lg }),
    g,
    stp: ind.stp === undefined ? 0 : whole(ind, 'stp', refuse),
  };
}

function id(endpoint: string, name: string, body: Members, payload: Buffer): string {
  const { [name]: found } = body;
  if (typeof found === 'string' && found !== '' && found.length <= LONGEST_ID) return found;
  throw new ReplyRefused(endpoint, `${name} is no text of 1 to ${LONGEST_ID} characters`, payload);
}

function number(members: Members, name: string, refuse: Refuse): number {
  const { [name]: found } = members;
  if (typeof found !== 'number') throw refuse(`${name} is no number`);
  return found;
}

function whole(members: Members, name: string, refuse: Refuse): number {
  const found = number(members, name, refuse);
  if (!Number.isInteger(found)) throw refuse(`${name} is not whole`);
  return found;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The names of all members, however deep. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

function depth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}
