import { exactTime, formatAgo, formatTime, type TimeForm } from '../words/format.js';
import { h } from './dom.js';

/** A time as an element: its text in this device's zone, the exact time in its title and for machines. */
export function timeElement(timeMs: number, form: TimeForm = 'short'): HTMLTimeElement {
  const iso = new Date(timeMs).toISOString();
  return h('time', { datetime: iso, title: exactTime(timeMs) }, formatTime(timeMs, form));
}

/** How long ago, as an element that {@link refreshAgo} keeps true. */
export function agoElement(timeMs: number): HTMLTimeElement {
  const iso = new Date(timeMs).toISOString();
  const title = `${formatTime(timeMs, 'full')} (${exactTime(timeMs)})`;
  return h('time', { datetime: iso, title, 'data-ago': timeMs }, formatAgo(timeMs, Date.now()));
}

/** Says anew how long ago things were, below an element. */
export function refreshAgo(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>('time[data-ago]')) {
    const text = formatAgo(Number(element.dataset.ago), Date.now());
    if (element.textContent !== text) element.textContent = text;
  }
}
