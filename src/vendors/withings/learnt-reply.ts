import type { Circumstances } from '../vendor.js';
import { isObject, jsonText, member, parseJson } from './json.js';
import { withoutOrders } from './limits.js';
import { isHead, type ReplyName } from './reply-head.js';

/** A reply that was learnt, as far as the value can be used. */
export interface LearntReply {
  /** Lines of the head; undefined when none were learnt, or they are no head that can be sent. */
  readonly lines: readonly string[] | undefined;
  /** The JSON to send, if it is not only `{"status":0}`. */
  readonly json: string | undefined;
}

const BODY_LEVEL = 2;

/** The learnt reply of a device, with the time of now in it and without anything that only was so then. */
export function learntReply(
  device: string | null,
  name: ReplyName,
  circumstances: Circumstances,
): LearntReply {
  const value = device === null ? undefined : circumstances.value(device, `reply.${name}`);
  if (value === undefined) return { lines: undefined, json: undefined };
  const learnt = parseJson(value.text);
  const lines = member(learnt, 'head');
  const reply = member(learnt, 'body');
  const body = member(reply, 'status') === 0 ? withoutOrders(member(reply, 'body'), BODY_LEVEL) : undefined;
  return { lines: isHead(lines) ? lines : undefined, json: withBody(body, circumstances) };
}

/** `updatetime` is the time of the answer, `series` a forecast: one of another day is worse than none. */
function withBody(body: unknown, { nowMs, clockIsRight }: Circumstances): string | undefined {
  if (!isObject(body) || (body.updatetime !== undefined && !clockIsRight)) return undefined;
  const text = jsonText({
    ...body,
    ...(body.updatetime === undefined ? {} : { updatetime: Math.floor(nowMs / 1000) }),
    ...(body.series === undefined ? {} : { series: [] }),
  });
  return text === undefined ? undefined : `{"status":0,"body":${text}}`;
}
