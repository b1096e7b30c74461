import { describe, expect, it } from 'vitest';
import { usedBytes } from './memory.js';
import { brief, ok, post } from './messages.js';
import { contents, tapped } from './tapped.js';

describe('times', () => {
  it('run from the first byte of the request to the last byte of all, on the wall clock', async () => {
    const { client, upstream, exchanges, tap } = tapped();
    const wait = () => new Promise((resolve) => setTimeout(resolve, 12));
    const before = Date.now();
    client('POST / HTTP/1.1\r\n');
    await wait();
    client('Content-Length: 0\r\n\r\n');
    upstream('HTTP/1.1 100 Continue\r\n\r\n');
    await wait();
    upstream('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab');
    await wait();
    tap.close('upstream-left');
    const [exchange] = exchanges;
    const { startedAtUs = 0, responseAfterUs = 0, endedAfterUs = 0 } = exchange ?? {};
    expect(startedAtUs / 1000).toBeGreaterThanOrEqual(before - 1);
    expect(startedAtUs / 1000).toBeLessThan(before + 10);
    expect(responseAfterUs).toBeGreaterThan(10_000);
    expect(endedAfterUs).toBeGreaterThan((responseAfterUs ?? 0) + 10_000);
    // Not the time of the close.
    expect(endedAfterUs).toBeLessThan((Date.now() - before) * 1000 - 10_000);
  });
});

describe('copies', () => {
  it('that are cut stay cut, also when there is room again', () => {
    const { client, tap, limits, exchanges } = tapped();
    limits.budget.leftBytes = 0;
    client('POST / HTTP/1.1\r\nContent-Length: 30000\r\n\r\n', 'a'.repeat(20_000));
    limits.budget.leftBytes = 1_000_000;
    client('b'.repeat(5_000));
    tap.close('client-left');
    expect(exchanges[0]?.request).toMatchObject({ body: Buffer.alloc(16_384, 'a'), bodyBytes: 25_000 });
  });

  it('are cut at the limit, and the bytes counted on', () => {
    const { client, upstream, exchanges } = tapped({ maxBodyBytes: 4 });
    client('POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nabc', 'def', 'g');
    upstream('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde');
    expect(exchanges.map(contents)).toMatchObject([
      { request: { body: 'abcd', bodyBytes: 7, complete: true }, response: { body: 'abcd', bodyBytes: 5 } },
    ]);
  });

  it('hold a body that trickles in byte by byte in little more than its bytes', () => {
    const { client, tap } = tapped();
    const bytes = 200_000;
    client(`POST / HTTP/1.1\r\nContent-Length: ${bytes + 1}\r\n\r\n`);
    const before = usedBytes();
    for (let i = 0; i < bytes; i++) tap.fromClient(Buffer.from([i]));
    // Kept one by one they would take more than 100 bytes each.
    expect(usedBytes() - before).toBeLessThan(5_000_000);
    expect(tap.openCount).toBe(1);
  });

  it('share one budget, which is all there again when everything is over', () => {
    const { tap, exchanges, limits } = tapped();
    const whole = limits.budget.leftBytes;
    const megabyte = Buffer.alloc(1_048_576);
    tap.fromClient(Buffer.from('POST / HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n'));
    for (let i = 0; i < 3; i++) tap.fromClient(megabyte);
    expect(limits.budget.leftBytes).toBe(whole - 3 * megabyte.length - 44);
    tap.fromUpstream(Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nab'));
    tap.close('client-left');
    expect(exchanges).toHaveLength(1);
    expect(limits.budget.leftBytes).toBe(whole);
  });

  it('of small bodies are whole when the budget is used up by others, and every request is followed', () => {
    const { client, upstream, exchanges, limits, tap } = tapped();
    limits.budget.leftBytes = 0;
    client(post('/1', 'x'.repeat(5_000)));
    upstream(ok('y'.repeat(20_000)));
    client(post('/2'));
    client(post('/3'));
    tap.close('client-left');
    expect(exchanges.map(brief)).toEqual([
      'POST /1 | 200 | plain',
      'POST /2 | - | client-left',
      'POST /3~ | - | too-many-pending',
    ]);
    expect(exchanges[0]?.request.body).toHaveLength(5_000);
    expect(exchanges[0]?.response).toMatchObject({ bodyBytes: 20_000 });
    expect(exchanges[0]?.response?.body).toHaveLength(16_384);
    expect(limits.budget.leftBytes).toBe(0);
  });
});
