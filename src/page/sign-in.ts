import { h, put } from './parts/dom.js';
import { change, get, Problem } from './server/api.js';
import { sentence } from './words/problem-text.js';

/** Whether the page may be used; where it may not, what somebody sees instead. */
export async function wall(done: () => void): Promise<HTMLElement | null> {
  const session = await get('session');
  return session.signedIn || !session.needsPassword ? null : signIn(done);
}

function signIn(done: () => void): HTMLElement {
  const password = h('input', {
    id: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
    'aria-describedby': 'password-error',
  });
  const error = h('p', { id: 'password-error', class: 'error', role: 'alert' });
  const button = h('button', { class: 'button primary', type: 'submit' }, 'Sign in');
  const form = h(
    'form',
    { class: 'card stack', onsubmit: (event) => void submit(event) },
    // There is but one user: this is for password managers, which keep a name with a password.
    h('input', { type: 'text', autocomplete: 'username', value: 'scaletap', readonly: true, hidden: true }),
    h('div', { class: 'field' }, h('label', { for: 'password' }, 'Password'), password),
    error,
    button,
  );

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    put(error);
    password.removeAttribute('aria-invalid');
    button.disabled = true;
    try {
      await change.signIn({ password: password.value });
      done();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      put(error, sentence(problem.message));
      password.setAttribute('aria-invalid', 'true');
      password.select();
      password.focus();
    } finally {
      button.disabled = false;
    }
  }

  return h(
    'div',
    { class: 'sign-in' },
    h('h1', { tabindex: '-1' }, 'Sign in'),
    h(
      'p',
      { class: 'muted' },
      'This page shows weights, and what scales and apps have sent. It has a password.',
    ),
    form,
  );
}
