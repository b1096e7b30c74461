import type { Answers, Bodies } from '../../views/shapes.js';
import { h, put } from '../parts/dom.js';
import type { ScreenContext } from '../screen.js';
import { change, Problem } from '../server/api.js';
import { formatTime } from '../words/format.js';
import { sentence } from '../words/problem-text.js';
import type { Who } from './who.js';

type WeighIn = Answers['weighIn'];

interface UndoBar {
  readonly element: HTMLElement;
  /** Says what was changed, and has a button that takes it back. */
  offer(before: WeighIn, after: WeighIn, who: Who, done: () => void): void;
}

/**
 * A bar that stays until the next change or until it is closed: who reads slowly has the time. When it goes, the focus
 * goes to `back`.
 */
export function undoBar(
  { say, whisper }: Pick<ScreenContext, 'say' | 'whisper'>,
  back: HTMLElement,
): UndoBar {
  const element = h('div', { class: 'notice ok undo-bar', hidden: true });

  function hide(): void {
    const focused = element.contains(document.activeElement);
    element.hidden = true;
    if (focused) back.focus({ preventScroll: true });
  }

  function show(text: string, ...buttons: HTMLElement[]): void {
    const close = h('button', { type: 'button', class: 'button quiet', onclick: hide }, 'Dismiss');
    put(element, h('p', {}, text), h('div', { class: 'row' }, ...buttons, close));
    element.hidden = false;
  }

  return {
    element,
    offer(before, after, who, done) {
      const text = changeText(before, after, who);
      const undo = async () => {
        try {
          await change.editWeighIn(before.id, undoing(before, after));
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          show(
            `It could not be undone. ${sentence(problem.message)}`,
            button('Try again', () => void undo()),
          );
          return;
        }
        hide();
        say('Undone');
        done();
      };
      show(
        text,
        button('Undo', () => void undo()),
      );
      whisper(text);
    },
  };
}

function button(label: string, onclick: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'button', onclick }, label);
}

/** What brings back what was. */
function undoing(before: WeighIn, after: WeighIn): Bodies['weighIn'] {
  const counted = !before.quality.includes('deleted');
  // Nobody had said whose it is: it is found out again.
  if (before.ownedBy !== 'hand') {
    return { reset: true, ...(before.counts !== counted && { counts: before.counts }) };
  }
  return {
    ...((before.person !== after.person || before.ownedBy !== after.ownedBy) && { person: before.person }),
    ...(before.counts !== after.counts && { counts: before.counts }),
  };
}

/** `Weigh-in of 20 Nov 2026, 07:12: given to Ada, no longer counts` */
function changeText(before: WeighIn, after: WeighIn, who: Who): string {
  const parts: string[] = [];
  if (before.person !== after.person || before.ownedBy !== after.ownedBy) {
    const name = after.person === null ? null : (who.get(after.person)?.name ?? after.person);
    parts.push(name === null ? 'now nobody’s' : `given to ${name}`);
  }
  if (before.counts !== after.counts) parts.push(after.counts ? 'counts again' : 'no longer counts');
  return `Weigh-in of ${formatTime(before.timeMs)}: ${parts.join(', ')}`;
}
