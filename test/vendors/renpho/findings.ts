import type { Exchange } from '../../../src/model/exchange.js';
import { read } from '../../../src/vendors/renpho/read.js';
import type { Findings, Known } from '../../../src/vendors/vendor.js';

/** What is read in exchanges, in the shape of lists that a test can show. */

const nothingKnown: Known = { value: () => undefined, note: () => undefined };

export const readOf = (exchange: Exchange): Findings => read(exchange, nothingKnown);

/** `weight 88.15 kg`, in order. */
export const numbers = ({ readings }: Findings): string[] =>
  readings.map(({ kind, value, unit }) => `${kind} ${value} ${unit}`.trimEnd());

/** Each weigh-in once: `2026-06-11T06:41:12.000Z 5245536005636456320 aa:bb:cc:dd:ee:ff #5919278420902642176 [typed-in]`. */
export const weighInsOf = ({ readings }: Findings): string[] => [
  ...new Set(
    readings.map(({ timeMs, person, device, cloudId, quality }) =>
      [
        new Date(timeMs).toISOString(),
        person ?? 'nobody',
        device === '' ? '-' : device,
        cloudId === null ? '#-' : `#${cloudId}`,
        ...(quality.length === 0 ? [] : [`[${quality.join(' ')}]`]),
      ].join(' '),
    ),
  ),
];

export const refused = ({ refusals }: Findings): string[] =>
  refusals.map(({ reason, detail }) => `${reason}: ${detail}`);

export const ids = ({ readings }: Findings): string[] => readings.map(({ id }) => id);
