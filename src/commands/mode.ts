import { modes } from '../config/choices.js';
import { didYouMean } from '../config/nearest.js';
import type { Settings } from '../config/schema.js';
import { askControl } from '../control/control.js';
import { UsageError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import { print } from './output.js';

/** `scaletap mode [MODE]`: shows or switches the mode of the scaletap that serves the data folder. */
export async function run({ dataDir }: Settings, words: readonly string[]): Promise<number> {
  const [wanted = null] = words;
  if (wanted !== null && !modes.some((mode) => mode === wanted)) {
    const known = `is none of ${modes.join(', ')}`;
    throw new UsageError(`${printable(wanted)} ${known}${didYouMean(wanted, modes)}`);
  }
  const mode = await askControl(dataDir, { mode: wanted });
  await print(
    wanted === null ? `${mode}\n` : `mode ${mode}, until it is switched again or serve is started again\n`,
  );
  return 0;
}
