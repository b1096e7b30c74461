import { expect, test } from 'vitest';
import { createLog, logLevels } from '../src/log.js';

function logged(level: (typeof logLevels)[number], message = 'x'): string[] {
  const lines: string[] = [];
  const log = createLog(level, (line) => lines.push(line));
  for (const name of logLevels) log[name](message);
  return lines;
}

test('an entry is a line with the time in UTC and the level', () => {
  expect(logged('error', 'it broke')[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error it broke\n$/);
});

test('what is less urgent than the level is left out', () => {
  expect(logged('error')).toHaveLength(1);
  expect(logged('warn')).toHaveLength(2);
  expect(logged('info')).toHaveLength(3);
  expect(logged('debug')).toHaveLength(4);
});

test('bytes from outside cannot forge a line or reach the terminal', () => {
  const [line] = logged('error', 'a\r\n2026 info  forged\x1b[2J\u{9b}31m');
  expect(line).toMatch(/ a\\x0d\\x0a2026 info {2}forged\\x1b\[2J\\x9b31m\n$/);
});
