import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { available } from '../servers/available.js';

/** For `describe.skipIf(!haveManager)`. */
export const haveManager = available('systemd-notify') && available('perl');

/** Node has no datagram sockets for Unix paths; Perl, which is in every Debian, prints what comes in, a line each. */
const receiver = `
  use Socket; $| = 1;
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die "$!";
  bind($s, pack_sockaddr_un($ARGV[0])) or die "$!";
  print "bound\\n";
  while (defined recv($s, my $m, 4096, 0)) { print "$m\\n"; }
`;

/** The end of systemd that a service speaks to. */
interface Manager {
  /** What `NOTIFY_SOCKET` is for the service. */
  readonly socket: string;
  /** What was told so far; without what systemd-notify says for itself. */
  told(): string[];
}

/** Listens as systemd does, until the test is over. */
export async function startManager(): Promise<Manager> {
  const folder = mkdtempSync(join(tmpdir(), 'scaletap-manager-'));
  const socket = join(folder, 'notify');
  const perl = spawn('perl', ['-e', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    perl.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  let text = '';
  perl.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await once(perl.stdout, 'data');
  return {
    socket,
    told: () => text.split('\n').filter((line) => line !== '' && !/^(bound|BARRIER=1)$/.test(line)),
  };
}
