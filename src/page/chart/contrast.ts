/** Colours that can be seen: people choose theirs, and the page is light or dark. */

/** Red, green, blue from 0 to 255. */
export type Rgb = readonly [number, number, number];

/** A line must stand out so much from what is behind it (WCAG 2.2, 1.4.11). */
const leastContrast = 3;

/** Reads what a browser computes: `rgb(11, 100, 114)`, `rgba(0, 0, 0, 0.5)`, and `#0b6472`; null for anything else. */
export function parseColour(text: string): Rgb | null {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  const part = (digits = '') => Number.parseInt(digits, 16);
  if (hex) return [part(hex[1]), part(hex[2]), part(hex[3])];
  const rgb = /^rgba?\((\d+(?:\.\d+)?)[ ,]+(\d+(?:\.\d+)?)[ ,]+(\d+(?:\.\d+)?)/.exec(text);
  if (!rgb) return null;
  return [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])];
}

/** Relative luminance, 0 to 1, as WCAG 2.2 defines it. */
function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

/** The colour, or as much of the way from it to `text` as it takes to stand out from `behind`. */
export function visible(colour: Rgb, behind: Rgb, text: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.1) {
    const mixed = mix(colour, text, share);
    if (contrast(mixed, behind) >= leastContrast) return mixed;
  }
  return text;
}

function mix(one: Rgb, other: Rgb, share: number): Rgb {
  const part = (index: 0 | 1 | 2) => Math.round(one[index] + share * (other[index] - one[index]));
  return [part(0), part(1), part(2)];
}
