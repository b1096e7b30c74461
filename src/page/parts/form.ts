import { Problem } from '../server/api.js';
import { aboutOf } from '../words/problem-text.js';
import { add, h, put } from './dom.js';

type Child = Parameters<typeof add>[1];
type Control = HTMLInputElement | HTMLSelectElement;

/** A part of a form that can say what is wrong with it. */
export interface Field {
  readonly element: HTMLElement;
  /** Says what is wrong beside it, null that nothing is. */
  fail(message: string | null): void;
  focus(): void;
}

let fields = 0;

/** A control with its label, a hint, and room for what is wrong. */
export function field(label: string, control: Control, hint?: string): Field {
  const id = `field-${++fields}`;
  control.id = id;
  const error = h('p', { class: 'error', id: `${id}-error` });
  const hintLine = hint === undefined ? null : h('p', { class: 'hint', id: `${id}-hint` }, hint);
  control.setAttribute('aria-describedby', hintLine === null ? error.id : `${error.id} ${hintLine.id}`);
  return {
    element: h('div', { class: 'field' }, h('label', { for: id }, label), control, error, hintLine),
    fail(message) {
      put(error, message);
      if (message === null) control.removeAttribute('aria-invalid');
      else control.setAttribute('aria-invalid', 'true');
    },
    focus: () => control.focus(),
  };
}

/** Several controls under one heading, with room for what is wrong with them. */
export function group(legend: string, content: HTMLElement, hint?: string): Field {
  const id = `field-${++fields}`;
  const error = h('p', { class: 'error', id: `${id}-error` });
  const element = h(
    'fieldset',
    { class: 'field', 'aria-describedby': error.id },
    h('legend', {}, legend),
    content,
    error,
    hint === undefined ? null : h('p', { class: 'hint' }, hint),
  );
  return {
    element,
    fail: (message) => put(error, message),
    focus: () => content.querySelector<HTMLElement>('input, select, button')?.focus(),
  };
}

type Wrong<Name extends string> = { readonly [Each in Name]?: string | undefined };

interface FormParts<Name extends string> {
  readonly fields: Readonly<Record<Name, Field>>;
  /** What stands in it; the fields' elements among it. */
  readonly content: readonly Child[];
  /** On the button. */
  readonly submit: string;
  /** Makes the button one to think about. */
  readonly danger?: boolean;
  /** Without it there is no button for that. */
  readonly cancel?: () => void;
  /** What is wrong already, by field. Then nothing is sent. */
  check?(): Wrong<Name>;
  /** Which field a refusal is about whose message does not begin with the field's name. */
  about?(problem: Problem): Name | null;
  /** Sends it. A {@link Problem} is shown where it belongs, and all that was typed stays. */
  send(): Promise<void>;
}

/** A form that is sent by us, never by the browser. */
export function form<Name extends string>(parts: FormParts<Name>): HTMLFormElement {
  const error = h('p', { class: 'error', role: 'alert' });
  const submit = h(
    'button',
    { type: 'submit', class: `button ${parts.danger ? 'danger' : 'primary'}` },
    parts.submit,
  );
  const cancel =
    parts.cancel && h('button', { type: 'button', class: 'button', onclick: parts.cancel }, 'Cancel');
  const element = h('form', { class: 'stack', novalidate: true });
  const names = Object.keys(parts.fields) as Name[];
  let busy = false;

  const show = (messageOf: (name: Name) => string | undefined, whole: string | null) => {
    put(error, whole);
    for (const name of names) parts.fields[name].fail(messageOf(name) ?? null);
    const first = names.find((name) => messageOf(name) !== undefined);
    if (first !== undefined) parts.fields[first].focus();
  };

  const run = async () => {
    if (busy) return;
    const wrong = parts.check?.();
    const wrongOf = (name: Name) => wrong?.[name];
    show(wrongOf, null);
    if (names.some((name) => wrongOf(name) !== undefined)) return;
    busy = true;
    submit.setAttribute('aria-disabled', 'true');
    try {
      await parts.send();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const { about: named, text } = aboutOf(problem.message, names);
      const about = named ?? parts.about?.(problem) ?? null;
      show((name) => (name === about ? text : undefined), about === null ? text : null);
    } finally {
      busy = false;
      submit.removeAttribute('aria-disabled');
    }
  };

  element.addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
  add(element, ...parts.content, error, h('div', { class: 'dialog-foot' }, cancel, submit));
  return element;
}
