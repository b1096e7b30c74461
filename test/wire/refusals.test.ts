import { expect, it } from 'vitest';
import { parseHead } from '../../src/model/message.js';
import { refusalAnswer } from '../../src/wire/refusals.js';

it.each([
  ['host-not-allowed', '421'],
  ['conflicting-host', '400'],
  ['not-origin-form', '400'],
  ['head-timeout', '408'],
  ['lookup-failed', '502'],
  ['upstream-is-self', '508'],
  ['connect-refused', '502'],
  ['connect-timeout', '504'],
  ['connect-failed', '502'],
] as const)('%s is %s, says why, and closes', (reason, status) => {
  const [head, body] = refusalAnswer(reason, 'héllo');
  expect(body.toString()).toBe('scaletap: héllo\n');
  expect(head.toString()).toMatch(/\r\n\r\n$/);
  expect(parseHead(head)).toMatchObject({ start: ['HTTP/1.1', status, expect.any(String)] });
  expect(parseHead(head).headers).toEqual([
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', String(body.length)],
    ['Connection', 'close'],
  ]);
});
