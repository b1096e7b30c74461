import type { Answers } from '../../views/shapes.js';
import { openDialog } from '../parts/dialog.js';
import { h } from '../parts/dom.js';
import { form, group } from '../parts/form.js';
import { change } from '../server/api.js';

type Mode = Answers['mode']['mode'];

const modes: readonly { readonly mode: Mode; readonly label: string; readonly text: string }[] = [
  { mode: 'auto', label: 'Auto', text: 'The cloud answers the scales. When it fails, scaletap does.' },
  {
    mode: 'live',
    label: 'Live',
    text: 'The cloud alone answers. When it fails, the scales see that it does.',
  },
  {
    mode: 'offline',
    label: 'Offline',
    text: 'scaletap alone answers the scales, and calls no cloud. Apps of phones that come through it get no answer.',
  },
];

/** The mode, and the form that switches it. */
export function modeCard(say: (text: string) => void): {
  readonly element: HTMLElement;
  /** What the server says that it is. */
  show(mode: Mode): void;
} {
  let current: Mode | null = null;
  const radios = modes.map(({ mode, label, text }) => {
    const id = `mode-${mode}`;
    const input = h('input', {
      type: 'radio',
      name: 'mode',
      value: mode,
      id,
      'aria-describedby': `${id}-text`,
    });
    return {
      mode,
      input,
      element: h(
        'div',
        { class: 'choice' },
        h('label', { class: 'check' }, input, label),
        h('p', { class: 'small muted', id: `${id}-text` }, text),
      ),
    };
  });
  const choice = group('Who answers the scales', h('div', {}, ...radios.map(({ element }) => element)));
  const chosen = () => radios.find(({ input }) => input.checked)?.mode;

  async function set(mode: Mode): Promise<void> {
    show((await change.setMode({ mode })).mode);
    say(`The mode is ${mode}`);
  }

  function show(mode: Mode): void {
    // A choice that is not yet sent stays as somebody made it.
    const touched = current !== null && chosen() !== current;
    current = mode;
    if (touched) return;
    for (const radio of radios) radio.input.checked = radio.mode === mode;
  }

  const element = form({
    fields: { mode: choice },
    content: [h('h2', {}, 'Mode'), choice.element],
    submit: 'Switch the mode',
    async send() {
      const mode = chosen();
      if (mode === undefined || mode === current) return say(`The mode is ${mode ?? 'not known'} already`);
      if (mode === 'offline') confirmOffline(() => set(mode));
      else await set(mode);
    },
  });
  element.classList.add('card');
  return { element, show };
}

function confirmOffline(go: () => Promise<void>): void {
  openDialog('Switch to offline?', (close) => [
    form({
      fields: {},
      content: [
        h(
          'p',
          {},
          'No cloud is called until the mode is switched back. Weigh-ins of scales that scaletap can answer are kept here, and brought to the cloud then. Other scales, and apps, get no answer meanwhile.',
        ),
      ],
      submit: 'Switch to offline',
      danger: true,
      cancel: close,
      async send() {
        await go();
        close();
      },
    }),
  ]);
}
