interface Card {
  readonly element: HTMLElement;
  /** Ends what belongs to it. */
  close(): void;
}

/** Cards that stay from one answer of the server to the next, one a key, in the order in which they came. */
export class Cards<Each extends Card> {
  readonly #parent: HTMLElement;
  readonly #cards = new Map<string, Each>();

  constructor(parent: HTMLElement) {
    this.#parent = parent;
  }

  get(key: string): Each | undefined {
    return this.#cards.get(key);
  }

  /** The card of each item, made where there is none; all other cards go. */
  show<Item>(
    items: readonly Item[],
    keyOf: (item: Item) => string,
    make: (item: Item) => Each,
    fill: (card: Each, item: Item) => void,
  ): void {
    const keys = new Set(items.map(keyOf));
    for (const [key, card] of this.#cards) if (!keys.has(key)) this.#remove(key, card);
    for (const item of items) {
      const card = this.#cards.get(keyOf(item)) ?? make(item);
      if (!this.#cards.has(keyOf(item))) this.#parent.append(card.element);
      this.#cards.set(keyOf(item), card);
      fill(card, item);
    }
  }

  close(): void {
    for (const card of this.#cards.values()) card.close();
  }

  #remove(key: string, card: Each): void {
    card.close();
    card.element.remove();
    this.#cards.delete(key);
  }
}
