import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPage, root, tableRows } from './pages.js';

const threats = tableRows(readPage('docs/security.md').text);

function textOf(path: string): string {
  expect(existsSync(join(root, path)), path).toBe(true);
  return readFileSync(join(root, path), 'utf8');
}

test('there are threats', () => {
  expect(threats.length).toBeGreaterThan(20);
});

describe.each(threats)('%s', (_, stoppedBy = '', shownBy = '') => {
  test('what stops it is there', () => {
    const stops = [...stoppedBy.matchAll(/((?:`[^`]+` and )*`[^`]+`) in `([^`]+)`/g)];
    expect(stops).not.toEqual([]);
    for (const [, names = '', path = ''] of stops) {
      for (const [, name = ''] of names.matchAll(/`([^`]+)`/g)) {
        const is = new RegExp(path.startsWith('src/') ? definition(name) : line(name), 'm');
        expect(is.test(textOf(path)), `${name} in ${path}`).toBe(true);
      }
    }
  });

  test('what shows it is there', () => {
    const [, path = '', title = ''] = /^`(test\/[^`]+)`: (.+)$/.exec(shownBy) ?? [];
    const is = new RegExp(`\\b(test|it|describe)\\b(.*|[^;]*\\(\\s*)['"]${escaped(title)}`).test(
      textOf(path),
    );
    expect(is, `${title} in ${path}`).toBe(true);
  });
});

/** How source code begins what has a name. */
function definition(name: string): string {
  return `(function\\*?|class|const|interface) ${name}\\b|^ {2}(async )?${name}\\(`;
}

/** A line of settings, or its beginning. */
function line(text: string): string {
  return `^\\s*${escaped(text)}`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
