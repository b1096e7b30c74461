/** Bytes on a line. */
const WIDTH = 16;

/**
 * Bytes for people: where they are, each as two digits, and as characters where they are printable ASCII.
 *
 *     0000  47 45 54 20 2f 00 ff                             GET /..
 *
 * Takes hexadecimal without spaces; what is behind the last whole byte is left out.
 */
export function hexDump(hex: string): string {
  const bytes = hex.match(/[0-9a-f]{2}/gi) ?? [];
  const lines: string[] = [];
  for (let from = 0; from < bytes.length; from += WIDTH) {
    const row = bytes.slice(from, from + WIDTH);
    const place = from.toString(16).padStart(4, '0');
    lines.push(`${place}  ${row.join(' ').padEnd(3 * WIDTH - 1)}  ${row.map(character).join('')}`);
  }
  return lines.join('\n');
}

function character(byte: string): string {
  const code = Number.parseInt(byte, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
}
