/** What the reports of the benchmarks are made of: figures, and tables that read the same on a terminal and as Markdown. */
import { cpus, release, totalmem } from 'node:os';

/**
 * When, by what command and on what machine.
 *
 * @param {string} command
 * @param {Date} date
 */
export function heading(command, date) {
  const [cpu] = cpus();
  return [
    `\`${command}\`, ${date.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    `${cpu?.model.trim()}, ${cpus().length} cores, ${gigabytes(totalmem())} GB, Linux ${release()}, Node ${process.version}.`,
  ].join('\n');
}

/**
 * What scaletap asks of itself. A goal that is missed is shown; it fails nothing.
 *
 * @param {[what: string, measured: number | undefined, sign: '>=' | '<=', asked: number][]} goals
 */
export function goalsTable(goals) {
  return table(
    ['scaletap', 'measured', 'goal', ''],
    goals.map(([what, measured, sign, asked]) => [
      what,
      measured === undefined ? '' : figure(measured),
      `${sign} ${asked}`,
      verdict(measured, sign, asked),
    ]),
  );
}

function verdict(measured, sign, asked) {
  if (measured === undefined) return 'not measured';
  return (sign === '>=' ? measured >= asked : measured <= asked) ? 'met' : 'not met';
}

/** @param {string[]} notes */
export function notesList(notes) {
  return `## Notes\n\n${notes.map((note) => `- ${note}`).join('\n')}`;
}

export const countErrors = ({ errors }) => Object.values(errors).reduce((sum, count) => sum + count, 0);
export const quotient = (a, b) => (a === undefined || b === undefined ? undefined : a / b);
export const round = (number) => (number === undefined ? '' : Math.round(number).toLocaleString('en'));
const figure = (number) => String(Number(number.toFixed(number < 10 ? 3 : 1)));
const gigabytes = (bytes) => Math.round(bytes / 2 ** 30);

export function ratio(a, b) {
  const found = quotient(a, b);
  return found === undefined ? '' : found.toFixed(2);
}

/** On which way bytes came as they were sent. */
export function kept({ requestsKept, repliesKept }) {
  if (requestsKept && repliesKept) return 'both ways';
  if (requestsKept) return 'requests only';
  return repliesKept ? 'replies only' : 'neither way';
}

/** The middle value; undefined when there is none, or when the peer has no such measure. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** A Markdown table, padded so that it is a table without Markdown too; numbers to the right. */
export function table(heads, rows) {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const right = heads.map((_, column) => rows.every((row) => /^[\d.,]*$/.test(row[column])));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const pad = (row) =>
    row.map((cell, column) => (right[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])));
  const rule = widths.map((width, column) =>
    right[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(pad(heads)), line(rule), ...rows.map((row) => line(pad(row)))].join('\n');
}
