import { h } from '../parts/dom.js';
import { offer } from '../parts/select.js';
import { get, Problem } from '../server/api.js';
import { deviceKey, deviceText } from '../words/words.js';

/** A choice among all devices; `''` for all of them. */
export function deviceFilter(
  chosen: string,
  choose: (device: string) => void,
): { readonly element: HTMLElement; close(): void } {
  const select = h('select', { id: 'device-filter', onchange: () => choose(select.value) });
  const ending = new AbortController();

  function show(devices: readonly { readonly value: string; readonly text: string }[]): void {
    offer(select, [{ value: '', text: 'All devices' }, ...devices], chosen);
  }

  async function load(): Promise<void> {
    try {
      const { devices } = await get('devices', {}, ending.signal);
      show(devices.map((each) => ({ value: deviceKey(each), text: deviceText(each.vendor, each.device) })));
    } catch (error) {
      // Without the list there is no choice; what the list is for says by itself that the server does not answer.
      if (!ending.signal.aborted && !(error instanceof Problem)) throw error;
    }
  }

  show([]);
  void load();
  return {
    element: h('div', { class: 'row' }, h('label', { for: select.id, class: 'label' }, 'Device'), select),
    close: () => ending.abort(),
  };
}
