import { h, put } from './dom.js';

interface Option {
  readonly value: string;
  readonly text: string;
}

/** What a select offers. What is chosen is among it, also when it is not there any more. */
export function offer(select: HTMLSelectElement, options: readonly Option[], chosen: string): void {
  const gone = options.some(({ value }) => value === chosen) ? [] : [{ value: chosen, text: chosen }];
  const all = [...options, ...gone];
  const before = [...select.options].map(({ value, text }) => ({ value, text }));
  // A list that somebody has just opened stays as it is.
  if (JSON.stringify(before) !== JSON.stringify(all)) {
    put(select, ...all.map(({ value, text }) => h('option', { value }, text)));
  }
  select.value = chosen;
}
