import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../docs/dns.md', import.meta.url), 'utf8');

/** The address of scaletap in the snippets. */
export const tapAddress = '192.168.1.10';

/** The address of the scale in the snippets. */
export const scaleAddress = '192.168.1.50';

/** The code block of docs/dns.md with this word behind its fence. */
export function snippet(name: string): string {
  const parts = page.split(`\n\`\`\`${name}\n`);
  const text = parts[1]?.split('\n```\n')[0];
  if (text === undefined || parts.length > 2) throw new Error(`docs/dns.md has no one block \`\`\`${name}`);
  return text;
}

/** What the page says that scaletap says when the override leads it back to itself. */
export function loopMessage(): string {
  const text = /<!-- loop message -->\n+ {4}(.+)\n/.exec(page)?.[1];
  if (text === undefined) throw new Error('docs/dns.md has no loop message');
  return text;
}
