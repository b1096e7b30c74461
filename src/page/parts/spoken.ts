import { h } from './dom.js';

const shownMs = 6_000;
const mostShown = 3;

/** Says something to those who hear the page, even if it is what was said before. */
export function whisper(text: string): void {
  const region = document.getElementById('spoken');
  // The same text again would be no change, and nothing would be heard.
  if (region !== null) region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

/** The same, and shows it for a moment to those who see the page. */
export function say(text: string): void {
  whisper(text);
  const shown = document.getElementById('toasts');
  if (shown === null) return;
  const toast = h('div', { class: 'toast' }, text);
  shown.append(toast);
  while (shown.childElementCount > mostShown) shown.firstElementChild?.remove();
  setTimeout(() => toast.remove(), shownMs);
}
