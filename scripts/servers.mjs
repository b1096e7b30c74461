/** Gets the real servers that the tests run against, from Debian's packages, where this user may install. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const servers = [
  { program: '/usr/bin/influxd', package: 'influxdb', suites: 'InfluxDB delivery' },
  { program: '/usr/bin/victoria-metrics', package: 'victoria-metrics', suites: 'InfluxDB 2 delivery' },
  { program: '/usr/sbin/mosquitto', package: 'mosquitto', suites: 'MQTT delivery' },
  { program: '/usr/sbin/dnsmasq', package: 'dnsmasq-base', suites: 'DNS override' },
  { program: '/usr/sbin/unbound', package: 'unbound', suites: 'DNS override with Unbound' },
  { program: '/usr/sbin/named', package: 'bind9', suites: 'DNS override with BIND 9' },
  { program: '/usr/sbin/ip', package: 'iproute2', suites: 'DNS override, end to end' },
  { program: '/usr/bin/strace', package: 'strace', suites: 'mode offline under strace' },
  { program: '/usr/bin/systemd-analyze', package: 'systemd', suites: 'systemd unit' },
  { program: '/usr/bin/systemd-notify', package: 'systemd', suites: 'systemd and its watchdog' },
  { program: '/usr/bin/perl', package: 'perl-base', suites: 'systemd and its watchdog' },
  { program: '/usr/bin/docker-compose', package: 'docker-compose', suites: 'compose.yaml' },
  { program: '/usr/bin/openssl', package: 'openssl', suites: 'certificates and TLS' },
  { program: '/usr/bin/curl', package: 'curl', suites: 'proxy with curl' },
  { program: '/usr/bin/chromium', package: 'chromium', suites: 'proxy with Chromium' },
  { program: '/usr/bin/certutil', package: 'libnss3-tools', suites: 'proxy with Chromium, that trusts' },
];

/** Installs what is missing. Says which suites are skipped for what cannot be had; with CI=true that is a failure. */
export function getServers() {
  const missing = () => servers.filter(({ program }) => !existsSync(program));
  if (missing().length === 0) return;
  const may = existsSync('/usr/bin/apt-get') && (process.getuid?.() === 0 || ran('sudo', ['-n', 'true']));
  if (may) install(missing().map((server) => server.package));
  for (const { program, package: name, suites } of missing()) {
    console.error(
      `scaletap: ${program} is missing (Debian package ${name}): the suites of ${suites} are skipped`,
    );
  }
  if (process.env.CI === 'true' && missing().length > 0) process.exit(1);
}

function install(packages) {
  console.error(`scaletap: installing ${packages.join(', ')} for the tests ...`);
  const [command, ...prefix] = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  // The tests start servers of their own: the packages must not start theirs.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = process.getuid?.() === 0 && !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    ran(command, [...prefix, 'update', '-qq']);
    ran(command, [...prefix, 'install', '-y', '-qq', '--no-install-recommends', ...packages]);
  } finally {
    if (ours) rmSync(policy);
  }
}

function ran(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
}
