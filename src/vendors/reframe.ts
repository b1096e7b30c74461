import { view } from './raw.js';

/**
 * Changes single lines of a head; all others stay as they are to the byte. `edit` is given each line with its line
 * end, and its name in lower case, and gives what is to stand there, which may be nothing. Neither the start line
 * nor the blank line at the end is shown to it.
 */
export function editHead(head: Uint8Array, edit: (name: string, line: string) => string): Buffer {
  const lines = view(head)
    .toString('latin1')
    .split(/(?<=\n)/);
  const start = lines.findIndex((line) => line.trim() !== '');
  const edited = lines.map((line, i) => {
    const colon = line.indexOf(':');
    return i <= start || colon < 1 ? line : edit(line.slice(0, colon).toLowerCase(), line);
  });
  return Buffer.from(edited.join(''), 'latin1');
}

/** A header line with another value; its name, the white space before the value and the line end stay. */
export function withValue(line: string, value: number): string {
  return line.replace(/^([^:]*:[ \t]*)[^\r\n]*/, (_, start: string) => `${start}${value}`);
}

/** All codings that the headers of a name list, in lower case and in order. */
export function codings(head: Uint8Array, name: 'transfer-encoding' | 'content-encoding'): string[] {
  const found: string[] = [];
  editHead(head, (other, line) => {
    if (other === name) found.push(line.slice(line.indexOf(':') + 1));
    return line;
  });
  return found
    .join(',')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '');
}
