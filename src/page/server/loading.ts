import { h, put } from '../parts/dom.js';
import { sentence } from '../words/problem-text.js';
import { Problem } from './api.js';

/**
 * Asks for what is shown, the newest question alone: what is asked again is taken back before. While the first answer is
 * awaited it says so, and what goes wrong stands there with a way to try again; what is shown already stays.
 */
export class Loading {
  /** Belongs above what is loaded. */
  readonly element = h('div', { class: 'loading', role: 'status' });
  #asking: AbortController | null = null;
  #hasShown = false;

  /** Asks and shows. */
  run<Answer>(ask: (signal: AbortSignal) => Promise<Answer>, show: (answer: Answer) => void): void {
    void this.#run(ask, show);
  }

  async #run<Answer>(
    ask: (signal: AbortSignal) => Promise<Answer>,
    show: (answer: Answer) => void,
  ): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    if (!this.#hasShown) put(this.element, h('p', { class: 'muted' }, 'Loading …'));
    let answer: Answer;
    try {
      answer = await ask(asking.signal);
    } catch (error) {
      // Taken back, for a newer question or as the screen was left.
      if (asking.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      const again = () => this.run(ask, show);
      put(
        this.element,
        h(
          'div',
          { class: 'notice bad' },
          h('p', {}, sentence(error.message)),
          h('button', { type: 'button', class: 'button', onclick: again }, 'Try again'),
        ),
      );
      return;
    }
    if (asking.signal.aborted) return;
    this.#hasShown = true;
    put(this.element);
    show(answer);
  }

  close(): void {
    this.#asking?.abort();
  }
}

/** A function that runs once, soon after it was last called, and at the latest a second after it was first called. */
export function soon(run: () => void): { readonly call: () => void; readonly stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let firstMs = 0;
  return {
    call() {
      const now = Date.now();
      if (timer === undefined) firstMs = now;
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          timer = undefined;
          run();
        },
        Math.max(0, Math.min(300, firstMs + 1_000 - now)),
      );
    },
    stop: () => clearTimeout(timer),
  };
}
