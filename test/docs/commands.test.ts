import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandNames } from '../../src/config/choices.js';
import { optionList, variableName } from '../../src/config/schema.js';
import { filesIn, inlineCode, type Page, pages, root } from './pages.js';

/*
 * A command line in a code block of a document is one that scaletap takes: `scaletap`, or `npm start --`, then a
 * command that it has, then flags that this command's own help knows. What follows two spaces is explanation.
 */

const subCommands = new Map([
  ['weigh-ins', ['list', 'give', 'drop', 'count', 'reset']],
  ['people', ['list', 'add', 'set', 'merge', 'remove']],
  ['exchanges', ['list', 'show', 'export', 'unknown']],
  ['values', ['list', 'show', 'set', 'remove', 'export', 'import', 'learn-secret']],
  ['catch-up', ['list', 'send', 'drop']],
  ['ca', ['show', 'export', 'renew']],
]);

/** Where flags of other programs are talked about. */
const elsewhere = ['docs/performance.md', 'CONTRIBUTING.md'];

const helps = new Map<string, string>();

/** What `scaletap COMMAND --help` says. */
function help(command: readonly string[]): string {
  const key = command.join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const { stdout, status } = spawnSync(process.execPath, ['dist/main.js', ...command, '--help'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status, `scaletap ${key} --help`).toBe(0);
  helps.set(key, stdout);
  return stdout;
}

/** The words after `scaletap` of every command line in a page. A line that ends with a colon is a sentence. */
function commandLines({ code }: Page): string[][] {
  return code.flatMap((line) => {
    const words = /^(?:scaletap|npm start(?: --(?= ))?)(?: (\S.*[^:]))?$/.exec(
      line.split(/\s{2,}|\s#/)[0] ?? '',
    );
    return words === null ? [] : [(words[1] ?? '').split(' ').filter((word) => word !== '')];
  });
}

/** The variables that a test asks for. */
function variablesOfTests(): string[] {
  const texts = filesIn('test').map((file) => readFileSync(join(root, file), 'utf8'));
  return texts.flatMap((text) =>
    [...text.matchAll(/process\.env\.(SCALETAP_[A-Z_]+)/g)].map(([, name = '']) => name),
  );
}

/** What is wrong with a command line; nothing when all is well. */
function fault(words: readonly string[]): string | undefined {
  const rest = [...words];
  const command: string[] = [];
  const [first = '-'] = rest;
  if (!first.startsWith('-')) {
    command.push(first);
    if (!commandNames.some((name) => name === first)) return `${first} is no command`;
    rest.shift();
    if (subCommands.get(first)?.includes(rest[0] ?? '')) command.push(rest.shift() ?? '');
  }
  const flags = rest.filter((word) => word.startsWith('--'));
  const unknown = flags.filter((flag) => !new RegExp(`${flag}\\b(?!-)`).test(help(command)));
  return unknown.length === 0 ? undefined : `${unknown.join(' ')} of scaletap ${command.join(' ')}`;
}

describe.each(pages().map((page) => [page.path, page] as const))('%s', (path, page) => {
  test('its command lines are ones that scaletap takes', () => {
    const faults = commandLines(page).flatMap((words) => fault(words) ?? []);
    expect(faults).toEqual([]);
  });

  test.skipIf(elsewhere.includes(path))('the flags that it names are there', () => {
    const known = ['help', 'version', ...optionList().map(([name]) => name)];
    const flags = inlineCode(page).flatMap((code) => /^--([a-z-]+)(?: \S+)?$/.exec(code)?.[1] ?? []);
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
  });

  test('the variables that it names are there', () => {
    const known = [...optionList().map(([name]) => variableName(name)), ...variablesOfTests()];
    const named = page.text.match(/SCALETAP_[A-Z][A-Z_]*/g) ?? [];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test('the npm scripts and test files that it names are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...page.text.matchAll(/npm run ([a-z]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    const files = [...page.text.matchAll(/(?:vitest run|npm test --) ([\w./-]+)/g)].map(
      ([, file = '']) => file,
    );
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

test('the README has command lines to check', () => {
  const readme = pages().find(({ path }) => path === 'README.md');
  expect(readme && commandLines(readme).length).toBeGreaterThan(4);
});

test('a wrong command line would be seen', () => {
  expect(fault(['readings', '--since', '7d'])).toBeUndefined();
  expect(fault(['readings', '--sinc', '7d'])).toBeDefined();
  expect(fault(['readings', '--influx-url', 'x'])).toBeDefined();
  expect(fault(['weigh'])).toBeDefined();
});
