import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { loadSettings } from '../../src/config/load.js';
import { readPage, root } from '../docs/pages.js';
import { available } from '../servers/available.js';

/**
 * compose.yaml, as far as it can be judged without an engine: nothing is open that need not be, no password is known
 * before somebody has made it, and what it hands to scaletap are settings that scaletap takes.
 */

interface Service {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
  readonly network_mode?: string;
  readonly healthcheck?: { readonly test: unknown };
  readonly [key: string]: unknown;
}

const text = readFileSync(join(root, 'compose.yaml'), 'utf8');
const { services, volumes }: { services: Record<string, Service>; volumes: object } = parse(text);
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

/** The folder of a user who has done what docs/install.md says about passwords. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'scaletap-compose-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const script = /```sh\n(.*?)```/s.exec(readPage('docs/install.md').text)?.[1] ?? '';
  execFileSync('sh', ['-euc', script], { cwd: path });
  return path;
}

/** The variables of that folder's `.env`. */
function variables(path: string): Map<string, string> {
  const lines = readFileSync(join(path, '.env'), 'utf8').trim().split('\n');
  return new Map(lines.map((line) => [line.split('=')[0] ?? '', line.split('=')[1] ?? '']));
}

/** A text of compose.yaml with its variables. */
function filled(value: string, known: ReadonlyMap<string, string>): string {
  return value.replace(/\$\{(\w+)[^}]*\}/g, (_all, name: string) => known.get(name) ?? '');
}

const each = Object.entries(services);

test('it has scaletap, InfluxDB, Grafana and a broker', () => {
  expect(Object.keys(services)).toEqual(['scaletap', 'influxdb', 'grafana', 'mosquitto']);
});

test.each(each)('%s starts again by itself, says how it is, and its image has a version', (name, service) => {
  expect(service.restart).toBe('unless-stopped');
  const healthy =
    name === 'scaletap' ? dockerfile.includes('\nHEALTHCHECK ') : service.healthcheck !== undefined;
  expect(healthy).toBe(true);
  if (name !== 'scaletap') expect(service.image).toMatch(/:\d/);
});

test.each(each)('every secret of %s is made by its user', (_name, { environment }) => {
  const secrets = Object.entries(environment).filter(([name, value]) =>
    /PASSWORD|TOKEN|\/\/.*@/.test(name + value),
  );
  expect(secrets.length).toBeGreaterThan(0);
  for (const [name, value] of secrets)
    expect(value, name).toMatch(/^[^$]*\$\{[A-Z_]+_PASSWORD:\?[^}]+\}[^$]*$/);
});

test.each(each)('%s publishes nothing beyond this machine unless it is told to', (_name, { ports = [] }) => {
  for (const port of ports)
    expect(port).toMatch(/^(127\.0\.0\.1|\$\{HOUSE_ADDRESS:-127\.0\.0\.1\}):\d+:\d+$/);
});

test.each(each)('what %s mounts is there', (_name, service) => {
  for (const volume of service.volumes) {
    const source = volume.split(':')[0] ?? '';
    expect(source.startsWith('./') ? existsSync(join(root, source)) : source in volumes, source).toBe(true);
  }
});

test('scaletap sees its clients as they are, is not root, and can write to its data alone', () => {
  expect(services.scaletap).toMatchObject({
    network_mode: 'host',
    read_only: true,
    cap_drop: ['ALL'],
    cap_add: ['NET_BIND_SERVICE'],
    volumes: ['scaletap:/data'],
  });
  expect(services.scaletap).not.toHaveProperty('user');
  expect(dockerfile).toMatch(/^USER 10001:10001$/m);
});

test('the settings that scaletap gets are taken without a warning, and lead to the others', async () => {
  const known = variables(folder());
  const env = Object.fromEntries(
    Object.entries(services.scaletap?.environment ?? {}).map(([name, value]) => [name, filled(value, known)]),
  );
  const { settings, warnings } = await loadSettings({ command: 'serve', flags: new Map(), env });
  expect(warnings).toEqual([]);
  expect(settings.influxUrl).toBe(
    `http://scaletap:${known.get('INFLUXDB_WRITE_PASSWORD')}@127.0.0.1:8086/scaletap`,
  );
  expect(settings.mqttUrl).toBe(`mqtt://scaletap:${known.get('MQTT_PASSWORD')}@127.0.0.1:1883`);
  expect(services.influxdb).toMatchObject({
    ports: ['127.0.0.1:8086:8086'],
    environment: { INFLUXDB_DB: 'scaletap', INFLUXDB_WRITE_USER: 'scaletap' },
  });
});

test('Grafana has the data source of grafana/, at that InfluxDB, as the user who may only read', () => {
  const source = (path: string) => parse(readFileSync(join(root, path), 'utf8')).datasources[0];
  const { url, user, secureJsonData, ...same } = source('packaging/grafana/scaletap.yaml');
  const { url: _url, ...theirs } = source('grafana/provisioning/datasources/scaletap.yaml');
  expect(same).toEqual(theirs);
  expect(url).toBe('http://influxdb:8086');
  expect(services.influxdb?.environment).toMatchObject({
    INFLUXDB_DB: same.database,
    INFLUXDB_READ_USER: user,
    INFLUXDB_READ_USER_PASSWORD: services.grafana?.environment[secureJsonData.password.slice(1)],
  });
});

test('the dashboards are where Grafana is told to look', () => {
  const { providers } = parse(
    readFileSync(join(root, 'grafana/provisioning/dashboards/scaletap.yaml'), 'utf8'),
  );
  expect(services.grafana?.volumes).toContain(`./grafana/dashboards:${providers[0].options.path}:ro`);
});

describe.skipIf(!available('docker-compose'))('Compose', () => {
  const config = (path: string) => {
    writeFileSync(join(path, 'compose.yaml'), text);
    const env = { PATH: process.env.PATH };
    return spawnSync('docker-compose', ['config'], { cwd: path, env, encoding: 'utf8' });
  };

  test('takes it after the steps of docs/install.md', () => {
    const path = folder();
    const { status, stdout, stderr } = config(path);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(Object.keys(parse(stdout).services).sort()).toEqual(Object.keys(services).sort());
  });

  test('refuses it while a password is missing', () => {
    const path = folder();
    const kept = [...variables(path)].filter(([name]) => name !== 'GRAFANA_PASSWORD');
    writeFileSync(join(path, '.env'), kept.map(([name, value]) => `${name}=${value}\n`).join(''));
    const { status, stderr } = config(path);
    expect(status).not.toBe(0);
    expect(stderr).toContain('GRAFANA_PASSWORD');
  });
});
