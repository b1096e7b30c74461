/**
 * What people are told apart by: each has the contrast of 3 that graphics need (WCAG 2.2, 1.4.11) on white and
 * on the page's dark surface, and no two look alike to those who see no red or no green.
 */
export const colours = [
  '#2d96ff',
  '#ff5a0f',
  '#3ca569',
  '#b41eb4',
  '#d2000f',
  '#696969',
  '#4b4bff',
  '#f04bc3',
] as const;

/** The colour that the fewest have. */
export function fewest(taken: readonly (string | null)[]): string {
  const counts = colours.map((colour) => taken.filter((each) => each === colour).length);
  return colours[counts.indexOf(Math.min(...counts))] ?? colours[0];
}
