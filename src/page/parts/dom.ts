/**
 * The one way in which this page makes elements. A text becomes a text node, whatever stands in it: nothing that comes
 * from a scale, a cloud or a person is ever read as markup.
 */

type Child = Node | string | number | null | undefined | false;

type Listener = (event: Event) => void;

/**
 * Attributes by their names in HTML; `true` sets one without a value, false, null and undefined leave it out. `onclick`
 * and its like take a function. `value`, `checked` and `selected` are set as they are now, not as a default.
 * `colour` gives the element the custom property `--colour`, as the policy of the page knows no style attributes.
 */
interface Attributes {
  readonly [name: string]: string | number | boolean | null | undefined | Listener;
}

/** Properties that an attribute would only give a default for. */
const live = new Set(['value', 'checked', 'selected', 'disabled', 'indeterminate']);

function set(element: HTMLElement | SVGElement, name: string, value: Attributes[string]): void {
  if (value === undefined || value === null || value === false) return;
  if (typeof value === 'function') {
    element.addEventListener(name.slice(2), value);
  } else if (name.startsWith('on') || name === 'style' || name === 'srcdoc') {
    throw new Error(`an element must not get the attribute ${name}`);
  } else if (name === 'colour') {
    element.style.setProperty('--colour', String(value));
  } else if (live.has(name)) {
    Object.assign(element, { [name]: value });
  } else {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

function fill<Made extends HTMLElement | SVGElement>(
  element: Made,
  attributes: Attributes,
  children: readonly Child[],
): Made {
  // A select takes its value only once its options are there.
  for (const [name, value] of Object.entries(attributes)) if (name !== 'value') set(element, name, value);
  add(element, ...children);
  set(element, 'value', attributes.value);
  return element;
}

/** An HTML element. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return fill(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

/** Puts children behind those that are there. */
export function add(parent: Element, ...children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(typeof child === 'number' ? String(child) : child);
  }
}

/** Puts children in the place of those that are there. */
export function put(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  add(parent, ...children);
}
