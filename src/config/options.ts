import type { Option } from './option.js';
import { keepingOptions } from './options-keeping.js';
import { offlineOptions } from './options-offline.js';
import { outputOptions } from './options-output.js';
import { pageOptions } from './options-page.js';
import { phoneOptions } from './options-phones.js';
import { servingOptions } from './options-serving.js';

/**
 * The one truth about options. Flags (`--data-dir`), variables (`SCALETAP_DATA_DIR`), keys of the YAML file
 * (`data-dir`), the help, the type {@link Settings} and the tables of docs/configuration.md all come from it.
 */
export const options = {
  ...servingOptions,
  ...offlineOptions,
  ...phoneOptions,
  ...pageOptions,
  ...keepingOptions,
  ...outputOptions,
} as const satisfies Record<string, Option>;
