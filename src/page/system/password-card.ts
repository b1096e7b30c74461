import type { Answers } from '../../views/shapes.js';
import { h, put } from '../parts/dom.js';
import { field, form } from '../parts/form.js';
import { change, get } from '../server/api.js';
import { Loading } from '../server/loading.js';

type Session = Answers['session'];

const LEAST = 8;

/** The password of this page: set, changed, and the way out. */
export function passwordCard(say: (text: string) => void): { readonly element: HTMLElement; close(): void } {
  const loading = new Loading();
  const content = h('div', { class: 'stack' });
  const element = h(
    'section',
    { class: 'card stack' },
    h('h2', {}, 'Password of this page'),
    loading.element,
    content,
  );

  const load = () => loading.run((signal) => get('session', {}, signal), show);

  function show(session: Session): void {
    if (session.needsPassword) put(content, passwordForm(true, saved), signOut());
    else if (session.maySetPassword) put(content, noneText(), passwordForm(false, saved));
    else {
      put(
        content,
        noneText(),
        h(
          'p',
          {},
          'It is set with ',
          h('code', {}, 'scaletap password'),
          ', or here from the machine that scaletap runs on.',
        ),
      );
    }
  }

  function saved(text: string): void {
    say(text);
    load();
  }

  load();
  return { element, close: () => loading.close() };
}

function noneText(): HTMLElement {
  return h(
    'p',
    { class: 'muted' },
    'None is set, so the page answers this machine alone. With one, and with --web-listen, it can be opened from elsewhere too.',
  );
}

function passwordForm(isSet: boolean, saved: (text: string) => void): HTMLElement {
  const input = (autocomplete: string) => h('input', { type: 'password', autocomplete, required: true });
  const current = input('current-password');
  const password = input('new-password');
  const again = input('new-password');
  const fields = {
    current: field('Current password', current),
    password: field(
      'New password',
      password,
      `At least ${LEAST} characters.${isSet ? ' All other sessions end with it.' : ''}`,
    ),
    again: field('New password again', again),
  } as const;
  return form({
    fields,
    content: [isSet ? fields.current.element : null, fields.password.element, fields.again.element],
    submit: isSet ? 'Change the password' : 'Set the password',
    check: () => ({
      ...(isSet && current.value === '' && { current: 'The current password is needed.' }),
      ...(password.value.length < LEAST && { password: `This has fewer than ${LEAST} characters.` }),
      ...(password.value !== again.value && { again: 'This is not the same.' }),
    }),
    about: ({ status }) => (isSet && status === 403 ? 'current' : null),
    async send() {
      await change.setPassword({
        password: password.value,
        ...(isSet && { current: current.value }),
      });
      saved(isSet ? 'The password was changed' : 'The password was set');
    },
  });
}

function signOut(): HTMLElement {
  return form({
    fields: {},
    content: [],
    submit: 'Sign out',
    async send() {
      await change.signOut();
      location.reload();
    },
  });
}
