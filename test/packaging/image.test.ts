import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../docs/pages.js';
import { canBuild, startBuilder } from './stand-in-images.js';

/** The image: what goes into it, and, where it can be built, what comes out. */

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
const main = '/app/dist/main.js';
/** All that is in the package but what other programs get. */
const packed: { files: string[] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const files = packed.files.filter((name) => name !== 'grafana' && name !== 'packaging');

test('the builder sees what the Dockerfile copies, and nothing else', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, sources = '']) =>
    sources.split(' '),
  );
  expect(copied.filter((source) => !existsSync(join(root, source)))).toEqual([]);
  expect(ignored).toContain('*');
  const seen = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  expect(seen.sort()).toEqual([...new Set(copied)].sort());
});

test('it starts from images of a major version', () => {
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(new Set(bases)).toEqual(new Set(['node:20-bookworm-slim', 'debian:bookworm-slim']));
});

describe.skipIf(!canBuild)('built from stand-ins for its base images', () => {
  let builder: Awaited<ReturnType<typeof startBuilder>>;
  let container: string;

  beforeAll(async () => {
    builder = await startBuilder();
    await builder.buildah(
      'bud',
      '--quiet',
      '--format',
      'docker',
      '--pull-never',
      '--tag',
      'localhost/scaletap',
      root,
    );
    container = await builder.buildah('from', '--pull-never', 'localhost/scaletap');
  }, 600_000);

  afterAll(() => builder?.remove(), 60_000);

  const inside = (...command: string[]) => builder.buildah('run', container, '--', ...command);

  test('it runs as a user that is not root, whose data is private to it', async () => {
    expect(await inside('id', '-u')).toBe('10001');
    expect(await inside('stat', '-c', '%u:%g %a', '/data')).toBe('10001:10001 700');
  });

  test('it plays the demo: the database, the captures and the relay are there', async () => {
    expect(await inside('node', main, 'demo', '--data-dir', '/tmp/demo')).toContain('84.216 kg');
  });

  test('its Node may take port 80, and nothing else that only root may', async () => {
    const status = await inside('node', '-p', "fs.readFileSync('/proc/self/status', 'utf8')");
    expect(/^CapEff:\s*(\w+)$/m.exec(status)?.[1]).toBe('0000000000000400');
  });

  test('it says how it is by the command that asks the running one, and ends by SIGTERM', async () => {
    const { Docker } = JSON.parse(await builder.buildah('inspect', '--type', 'image', 'localhost/scaletap'));
    const { Healthcheck, Entrypoint, Cmd, Volumes, ExposedPorts, StopSignal } = Docker.config;
    expect(Healthcheck.Test).toEqual(['CMD', '/usr/local/bin/node', main, 'mode']);
    expect({ Entrypoint, Cmd }).toEqual({ Entrypoint: ['/usr/local/bin/node', main], Cmd: ['serve'] });
    expect({ Volumes: Object.keys(Volumes), ExposedPorts: Object.keys(ExposedPorts), StopSignal }).toEqual({
      Volumes: ['/data'],
      ExposedPorts: expect.arrayContaining(['80/tcp', '8888/tcp', '8080/tcp']),
      StopSignal: undefined,
    });
  });

  test('it has what the package has, and no tools', async () => {
    const list = async (path: string) => (await inside('ls', path)).split('\n');
    expect(await list('/app')).toEqual(expect.arrayContaining([...files, 'node_modules', 'package.json']));
    const modules = await list('/app/node_modules');
    expect(modules).toContain('libsql');
    expect(modules).not.toContain('typescript');
    expect(await inside('sh', '-c', 'command -v npm || echo none')).toBe('none');
  });
});
