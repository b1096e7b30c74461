import type { RawMessage } from '../../model/exchange.js';
import { Form, noForm, parseForm } from '../form.js';
import { contentOf, isCut } from '../raw.js';

/**
 * The fields of a request that are there as a whole: of a body that is cut, those before the last `&`. None when
 * the body is no form.
 */
export function requestForm(request: RawMessage): Form {
  if (request.body.length === 0) return noForm;
  const text = contentOf(request).toString('latin1');
  const form = parseForm(isCut(request) ? text.slice(0, text.lastIndexOf('&') + 1) : text);
  return form instanceof Form ? form : noForm;
}

/** The first field of a name, decoded; undefined when it is missing, empty or badly encoded. */
export function fieldText(form: Form, name: string): string | undefined {
  const field = form.first(name);
  return (field && form.value(field)) || undefined;
}

/** Text as a form's value: whatever is not a letter, a digit or one of `_.~-` as `%XX` of its UTF-8 bytes. */
export function formValue(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^\w.~-]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
