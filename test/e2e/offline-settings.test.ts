import { expect, test } from 'vitest';
import type { Visit } from '../servers/scale.js';
import { House, quick } from './house.js';
import { until } from './scaletap.js';

/** What can be set about the choice of who answers, seen from both ends. */

const statuses = ({ exchanges }: Visit) => exchanges.map(({ status }) => status);

test('a slow cloud is not one that has failed', async () => {
  const { house, scale } = await House.withScale();
  await house.cloud.misbehave('slow');
  scale.weigh(77);
  const visit = await scale.visit();
  expect(house.wasLive(visit)).toBe(true);
  expect(statuses(visit)).toEqual([0, 0, 0, 0]);
  expect(house.expectDelivered()).toEqual({ inVain: 0 });
});

test('--breaker-failures: so many visits try the cloud before none does; then only probes', async () => {
  const { house, scale } = await House.withScale([...quick.slice(0, -1), '600', '--breaker-failures', '3']);
  await house.cloud.misbehave('reset-after-request');
  const calls: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = house.cloud.connections;
    expect(statuses(await scale.visit())).toEqual([0, 0, 0]);
    calls.push(house.cloud.connections - before);
  }
  expect(calls).toEqual([1, 1, 1, 0, 0]);
  await house.restart('SIGTERM', quick);
  await scale.visit();
  const asked = house.cloud.books.answers.length;
  await until('some probes', () => house.cloud.books.answers.length > asked + 2 || undefined);
  const probes = house.cloud.books.answers.slice(asked);
  expect(new Set(probes.map(({ endpoint }) => endpoint))).toEqual(new Set(['once']));
});

test('--fail-on: what is not named there reaches the scale as it is', async () => {
  const { house, scale } = await House.withScale([...quick, '--fail-on', 'connect']);
  await house.cloud.misbehave('unavailable');
  await expect(scale.visit()).rejects.toThrow('it is not JSON');
  await house.cloud.misbehave('refuse');
  expect(statuses(await scale.visit())).toEqual([0, 0, 0]);
});

test('--learn never: answers tell of nobody, and the secret is learnt all the same', async () => {
  const { house, scale } = await House.withScale([...quick, '--learn', 'never', '--require-auth']);
  await house.cloud.misbehave('refuse');
  scale.weigh(77);
  const visit = await scale.visit();
  expect(statuses(visit)).toEqual([0, 0, 0, 0]);
  expect(visit.session?.users).toBeUndefined();
});

test('values learn-secret: the next offline session asks for it, and from then on the scale can prove itself', async () => {
  const house = await House.open([...quick, '--mode', 'offline']);
  const scale = house.scale();
  const endpoints = async () => (await scale.visit()).exchanges.map(({ endpoint }) => endpoint);
  // Gravity is needed, or the scale would not look at what else is asked of it.
  expect(await house.command('values', 'set', scale.identity.mac, 'gravity', '98128')).toMatchObject({
    code: 0,
  });
  expect(await endpoints()).toEqual(['once', 'session', 'delete']);
  const asked = await house.command('values', 'learn-secret', scale.identity.mac);
  expect(asked).toMatchObject({ code: 0 });
  expect(asked.stdout).toMatch(/passphrase/i);
  expect(await endpoints()).toEqual(['once', 'session', 'maint', 'delete']);
  expect(await endpoints()).toEqual(['once', 'session', 'delete']);
  const shown = await house.command('values', 'show', scale.identity.mac, 'secret', '--show-secrets');
  expect(shown.stdout).toContain(scale.identity.secret);

  await house.restart('SIGTERM', [...quick, '--mode', 'offline', '--require-auth']);
  scale.weigh(77);
  expect(statuses(await scale.visit())).toEqual([0, 0, 0, 0]);
  await house.expectKept();
});
