import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../../src/page/${name}`, import.meta.url), 'utf8');
const html = read('index.html');

const named = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, name]) => name);

test('the page names nothing but what the build makes', () => {
  const files = named(/"page\/@BUILD@\/([\w.-]+)"/g);
  expect(files).toContain('main.js');
  const made = readdirSync(new URL('../../dist/page', import.meta.url));
  expect(files.filter((name) => !made.includes(name ?? ''))).toEqual([]);
});

test('the build has the styles of the charts, and all of ours', () => {
  const built = readFileSync(new URL('../../dist/page/page.css', import.meta.url), 'utf8');
  const own = readdirSync(new URL('../../src/page/styles', import.meta.url));
  expect(built).toContain('.uplot');
  for (const name of own) if (name !== 'page.css') expect(built).toContain(read(`styles/${name}`));
});

test('the page asks nobody else, and has nothing in it that its policy forbids', () => {
  const addresses = named(/\b(?:src|href)="([^"]*)"/g);
  expect(addresses.filter((address) => !/^(?:page\/@BUILD@\/[\w.-]+|#\S+)$/.test(address ?? ''))).toEqual([]);
  expect(html).not.toMatch(/<script[^>]*>[^<]|<style|\sstyle=|\son\w+=/);
});
