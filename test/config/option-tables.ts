import { groups } from '../../src/config/choices.js';
import { optionList, variableName } from '../../src/config/schema.js';

/**
 * The tables of docs/configuration.md, one for each group of options, as Markdown. They stand there between
 * `<!-- options -->` and `<!-- /options -->`.
 */
export function optionTables(): string {
  return groups.map((group) => `### ${group}\n\n${table(group)}`).join('\n');
}

function table(group: (typeof groups)[number]): string {
  const rows = optionList()
    .filter(([, option]) => option.group === group)
    .map(([name, { value, describe, defaultText, type, commands }]) => [
      `\`--${name}${value === '' ? '' : ` ${value}`}\``,
      `\`${variableName(name)}\``,
      describe + (type === 'list' ? '; may be repeated' : ''),
      type === 'switch' ? 'off' : defaultText || 'none',
      commands.join(', '),
    ]);
  const titles = ['flag', 'variable', 'meaning', 'default', 'of'];
  return [titles, titles.map(() => '---'), ...rows]
    .map((row) => `| ${row.map(cell).join(' | ')} |\n`)
    .join('');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
