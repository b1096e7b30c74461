/** How the rows of a list are told apart and made. */
interface Making<Item> {
  key(item: Item): string;
  /** All that its element depends on, as a text: another text makes another element. */
  version(item: Item): string;
  make(item: Item): HTMLElement;
  /** The row with the focus is gone: it has to go somewhere. */
  lost(): void;
}

/**
 * The children of an element, one an item. Those that say the same as before are left alone, so that what somebody has
 * focused or marked stays, however often the list is shown again. A row that is made anew while the focus is in it gets
 * it back in the same place.
 */
export class Rows<Item> {
  readonly #parent: HTMLElement;
  readonly #making: Making<Item>;
  #made = new Map<string, { readonly version: string; readonly element: HTMLElement }>();

  constructor(parent: HTMLElement, making: Making<Item>) {
    this.#parent = parent;
    this.#making = making;
  }

  get(key: string): HTMLElement | null {
    return this.#made.get(key)?.element ?? null;
  }

  show(items: readonly Item[]): void {
    const before = this.#made;
    this.#made = new Map();
    let next = this.#parent.firstElementChild;
    for (const item of items) {
      const key = this.#making.key(item);
      if (this.#made.has(key)) continue;
      const version = this.#making.version(item);
      const old = before.get(key);
      before.delete(key);
      if (old?.version === version) {
        this.#made.set(key, old);
        if (old.element === next) next = next.nextElementSibling;
        else this.#parent.insertBefore(old.element, next);
        continue;
      }
      const element = this.#making.make(item);
      this.#made.set(key, { version, element });
      if (old === undefined) {
        this.#parent.insertBefore(element, next);
        continue;
      }
      const { activeElement: at } = document;
      const focused = at instanceof HTMLElement ? controls(old.element).indexOf(at) : -1;
      if (old.element === next) next = next.nextElementSibling;
      old.element.replaceWith(element);
      if (element.nextElementSibling !== next) this.#parent.insertBefore(element, next);
      if (focused >= 0) controls(element)[focused]?.focus();
    }
    const gone = [...before.values()];
    const isLost = gone.some(({ element }) => element.contains(document.activeElement));
    for (const { element } of gone) element.remove();
    if (isLost) this.#making.lost();
  }
}

function controls(element: HTMLElement): HTMLElement[] {
  return [...element.querySelectorAll<HTMLElement>('button, a')];
}
