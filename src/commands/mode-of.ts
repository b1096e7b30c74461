import type { Settings } from '../config/schema.js';
import { askControl } from '../control/control.js';
import { UserError } from '../model/errors.js';

/** The mode of the serve of the data folder, which may have been switched; without one, that of the settings. */
export async function modeOf({ dataDir, mode }: Settings): Promise<string> {
  try {
    return await askControl(dataDir, { mode: null });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return mode;
  }
}
