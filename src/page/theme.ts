import { keep, recall } from './kept.js';

/** `auto` is what the device is set to. */
export type Theme = 'auto' | 'light' | 'dark';

const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of [...listeners]) listener();
}

export function theme(): Theme {
  const kept = recall('theme');
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

function apply(chosen: Theme): void {
  if (chosen === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function setTheme(chosen: Theme): void {
  keep('theme', chosen);
  apply(chosen);
  tell();
}

/** Calls back when the colours of the page have changed, until the function that it gives is called. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// This module runs before the first picture of the page, so that nobody sees the other theme first.
apply(theme());
for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  matchMedia(query).addEventListener('change', tell);
}
