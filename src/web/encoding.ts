import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { PageAnswer } from './answer.js';

/** Ways to send something smaller, the smallest first. */
const codings = ['br', 'gzip'] as const;

export type Coding = (typeof codings)[number];

/** What is smaller fits into one packet as it is. */
const WORTHWHILE_BYTES = 1_024;

const zipped = promisify(gzip);
const brotlied = promisify(brotliCompress);

/** Which ways an `Accept-Encoding` header takes, the best first. */
export function acceptedCodings(header: string): Coding[] {
  const refused = /;\s*q\s*=\s*0(?:\.0*)?\s*$/;
  const accepted = header
    .toLowerCase()
    .split(',')
    .filter((each) => !refused.test(each))
    .map((each) => each.split(';', 1)[0]?.trim());
  return codings.filter((coding) => accepted.includes(coding));
}

/** `soon` for what is sent once, `small` for what is kept and sent again. None of it runs on the calling thread. */
export function encode(bytes: Uint8Array, coding: Coding, how: 'soon' | 'small'): Promise<Buffer> {
  if (coding === 'gzip') return zipped(bytes, { level: how === 'small' ? 9 : 5 });
  const quality = how === 'small' ? 11 : 4;
  return brotlied(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
}

export function isWorthwhile(bytes: Uint8Array): boolean {
  return bytes.length > WORTHWHILE_BYTES;
}

/** An answer made smaller, if it is a text of some length and whoever asks takes it so. */
export async function smaller(whole: PageAnswer, acceptEncoding: string): Promise<PageAnswer> {
  const type = headerOf(whole, 'Content-Type') ?? '';
  if (!/^(?:text\/|application\/json)/.test(type) || headerOf(whole, 'Vary') !== undefined) return whole;
  const headers: PageAnswer['headers'] = [...whole.headers, ['Vary', 'Accept-Encoding']];
  const length = Number(headerOf(whole, 'Content-Length') ?? 0);
  const [coding] = acceptedCodings(acceptEncoding);
  if (coding === undefined || length <= WORTHWHILE_BYTES) return { ...whole, headers };
  const others = headers.filter(([name]) => name !== 'Content-Length');
  // By HEAD nothing is made, so its length is not known.
  if (whole.body.length === 0) return { ...whole, headers: [...others, ['Content-Encoding', coding]] };
  const body = await encode(whole.body, coding, 'soon');
  return {
    ...whole,
    headers: [...others, ['Content-Encoding', coding], ['Content-Length', String(body.length)]],
    body,
  };
}

function headerOf({ headers }: PageAnswer, wanted: string): string | undefined {
  return headers.find(([name]) => name === wanted)?.[1];
}
