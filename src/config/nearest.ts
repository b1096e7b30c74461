/**
 * The word of `words` that is most like `word`, or undefined when none is near: at most a third of its letters
 * (and always one) may be wrong, missing, in excess or swapped with a neighbour.
 */
export function nearest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of words) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const steps = distance(word, candidate);
    if (steps < least) {
      best = candidate;
      least = steps;
    }
  }
  return best;
}

/** `; did you mean WORD?`, or nothing when no word is near. */
export function didYouMean(word: string, words: readonly string[], prefix = ''): string {
  const found = nearest(word, words);
  return found === undefined ? '' : `; did you mean ${prefix}${found}?`;
}

/** The optimal string alignment distance. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let steps = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        steps = Math.min(steps, (before[j - 2] ?? 0) + 1);
      }
      row.push(steps);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
