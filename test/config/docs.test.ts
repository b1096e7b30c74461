import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { optionTables } from './option-tables.js';

const page = new URL('../../docs/configuration.md', import.meta.url);
const place = /(<!-- options -->\n)[\s\S]*(<!-- \/options -->)/;

/** `UPDATE_DOCS=1 npx vitest run test/config/docs.test.ts` brings the page up to date. */
test('the tables of docs/configuration.md are those of the schema', () => {
  const text = readFileSync(page, 'utf8');
  expect(text).toMatch(place);
  const upToDate = text.replace(
    place,
    (_, before: string, after: string) => `${before}\n${optionTables()}\n${after}`,
  );
  if (process.env.UPDATE_DOCS) writeFileSync(page, upToDate);
  else expect(text).toBe(upToDate);
});
