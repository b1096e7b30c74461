import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, with a slash at the end. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A document of the project. */
export interface Page {
  /** Path from the root of the checkout. */
  readonly path: string;
  readonly text: string;
  /** The lines of all code blocks, fenced or indented, without the indent of indented ones. */
  readonly code: readonly string[];
  /** The anchors of its headings, as GitHub makes them. */
  readonly anchors: readonly string[];
}

/** All files below a folder, as paths from the root of the checkout. */
export function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

export function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, code: codeLines(text), anchors: anchorsOf(text) };
}

/** Every document. */
export function pages(): Page[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const below = ['docs', 'captures', 'certs'].flatMap(filesIn).filter((path) => path.endsWith('.md'));
  return [...top, ...below].map(readPage);
}

/** The text of a page between `<!-- name -->` and `<!-- /name -->`. */
export function section({ path, text }: Page, name: string): string {
  const found = text.split(`<!-- ${name} -->\n`)[1]?.split(`<!-- /${name} -->`)[0];
  if (found === undefined) throw new Error(`${path} has no <!-- ${name} -->`);
  return found;
}

/** The cells of the tables in a text, without their titles. */
export function tableRows(text: string): string[][] {
  const rows = text.split('\n').map((line) =>
    /^\|(.*)\|$/
      .exec(line)?.[1]
      ?.split('|')
      .map((cell) => cell.trim()),
  );
  return rows.flatMap((cells, i) => {
    const isTitle = rows[i + 1]?.every((cell) => /^-+$/.test(cell)) ?? false;
    return cells === undefined || isTitle || cells.every((cell) => /^-+$/.test(cell)) ? [] : [cells];
  });
}

/** What stands in backticks outside of code blocks. */
export function inlineCode({ text }: Page): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '').replace(/^ {4}.*$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

function codeLines(text: string): string[] {
  const lines: string[] = [];
  let fenced = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced;
    else if (fenced) lines.push(line);
    else if (/^ {4}/.test(line)) lines.push(line.slice(4).trimStart());
  }
  return lines;
}

function anchorsOf(text: string): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}
