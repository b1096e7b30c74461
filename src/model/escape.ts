// C0 and C1 controls, line and paragraph separators, and the marks that turn the direction of writing.
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

function escaped(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/**
 * Text from outside as it may be shown on a terminal: control characters are written as `\xNN` and those that
 * change the direction of writing as `\uNNNN`, so that nothing can move the cursor, clear the screen, forge
 * another line or disguise what it says.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** Like {@link printable}, over several lines: line feeds and the carriage returns before them stay. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n');
}
