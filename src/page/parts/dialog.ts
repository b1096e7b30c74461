import { add, h } from './dom.js';
import { icon } from './icons.js';

type Child = Parameters<typeof add>[1];

let opened = 0;

/**
 * Shows a dialog over the page, and keeps the focus in it. It is closed by what is in it, by Escape, and when the page
 * goes to another place. The focus then goes back to where it was; where that is gone, to `back`.
 */
export function openDialog(
  heading: string,
  fill: (close: () => void) => readonly Child[],
  back?: () => HTMLElement | null,
): HTMLDialogElement {
  const id = `dialog-${++opened}`;
  const before = document.activeElement;
  const dialog = h('dialog', { 'aria-labelledby': id });
  const close = () => dialog.close();
  add(
    dialog,
    h(
      'div',
      { class: 'dialog-head' },
      h('h2', { id, tabindex: -1, autofocus: true }, heading),
      h(
        'button',
        { type: 'button', class: 'button icon-only', 'aria-label': 'Close', onclick: close },
        icon('close'),
      ),
    ),
    ...fill(close),
  );
  window.addEventListener('hashchange', close);
  dialog.addEventListener('close', () => {
    window.removeEventListener('hashchange', close);
    dialog.remove();
    const next = before instanceof HTMLElement && before.isConnected ? before : back?.();
    next?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
