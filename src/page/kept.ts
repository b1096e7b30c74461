/** What this browser remembers of how somebody likes the page. It may be denied, so nothing depends on it. */
const prefix = 'scaletap.';

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    // Storage is off in this browser: everything is as on the first day.
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    // Off, or full: it holds until the page is closed.
  }
}
