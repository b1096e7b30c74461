import { createServer } from 'node:http';
import fc from 'fast-check';
import { InfluxDB } from 'influx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Kind } from '../../../src/model/quantity.js';
import { quantities } from '../../../src/model/quantity.js';
import type { KeptReading, Quality } from '../../../src/model/reading.js';
import { lines } from '../../../src/sinks/influx/lines.js';
import { points } from '../../../src/sinks/influx/points.js';
import { keptReading } from '../readings.js';

// What the influx package writes for 1.x is what 2 and 3 get: seen by taking the package's own posts.

let body = '';
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    body = Buffer.concat(chunks).toString();
    response.writeHead(204).end();
  });
});
let client: InfluxDB;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  client = new InfluxDB({ host: '127.0.0.1', port: address.port, database: 'd' });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('\\', ',', '=', ' ', '\n', '"', "'", '%', 'a'), maxLength: 8 }),
);
const kind: fc.Arbitrary<Kind> = fc.oneof(
  fc.constantFrom(...(Object.keys(quantities) as Kind[])),
  text.map((name): Kind => `withings_${name}`),
);
const quality = fc.constantFrom<Quality>('replayed', 'unverified', 'deleted', 'future-time');
const anyReading: fc.Arbitrary<KeptReading> = fc
  .record({
    kind,
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    timeMs: fc.maxSafeInteger(),
    device: text,
    vendor: fc.constantFrom<'withings' | 'renpho'>('withings', 'renpho'),
    person: fc.option(text),
    quality: fc.uniqueArray(quality, { maxLength: 2 }),
  })
  .map((draft) => keptReading(draft));

test('any readings are written as the influx package writes them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyReading, { minLength: 1, maxLength: 10 }), async (batch) => {
      await client.writePoints(points(batch), { precision: 'ms' });
      expect(lines(points(batch))).toBe(body);
      await client.writePoints(points(batch, 'always'), { precision: 'ms' });
      expect(lines(points(batch, 'always'))).toBe(body);
    }),
    { numRuns: 300 },
  );
});

test('one point is one line', () => {
  const draft = {
    device: '00:24:e4:06:59:dc',
    vendor: 'withings',
    person: 'A, "B" = 🐻',
    timeMs: 0,
  } as const;
  const batch = [
    keptReading({ ...draft, kind: 'weight', value: 66.85 }),
    keptReading({ ...draft, kind: 'fat_ratio', value: 1e21, quality: ['unverified', 'replayed'] }),
  ];
  expect(lines(points(batch))).toBe(
    'scaletap,device=00:24:e4:06:59:dc,vendor=withings,person=A\\,\\ "B"\\ \\=\\ 🐻 ' +
      'fat_ratio_pct=1e+21,quality="replayed,unverified",weight_kg=66.85 0',
  );
});
