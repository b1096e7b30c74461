import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inlineCode, pages, readPage, root } from './pages.js';

/** Folders whose paths are named in documents. What the bench writes is not there before it has run. */
const repositoryPath =
  /^(src|test|docs|bench|scripts|captures|certs|grafana|packaging|\.ci)\/(?!results\/)[\w./-]+$/;

describe.each(pages().map((page) => [page.path, page] as const))('%s', (path, page) => {
  test('its links lead to files and headings that are there', () => {
    const links = [...page.text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return !URL.canParse(link);
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : normalize(join(dirname(path), file));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !readPage(target).anchors.includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('the paths that it names are there', () => {
    const paths = inlineCode(page).filter((code) => repositoryPath.test(code) && !code.includes('NAME'));
    expect(paths.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });
});
