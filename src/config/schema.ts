import type { CommandName } from './choices.js';
import type { Option } from './option.js';
import { options } from './options.js';

/** What comes of the table of options: the type of all settings, and the names under which they stand. */

export type OptionName = keyof typeof options;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** Every option by its name in camel case. Times are in seconds as given, sizes in the unit of the option. */
export type Settings = {
  readonly [Name in OptionName as CamelCase<Name>]: (typeof options)[Name]['default'];
};

/** `data-dir` as the name of a setting: `dataDir`. */
export function settingName(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `data-dir` as the name of a variable: `SCALETAP_DATA_DIR`. */
export function variableName(name: string): string {
  return `SCALETAP_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** The options that a command takes, in the order of the table. */
export function optionsOf(command: CommandName): [OptionName, Option][] {
  return optionList().filter(([, { commands }]) => commands.includes(command));
}

/** All options in the order of the table. */
export function optionList(): [OptionName, Option][] {
  return Object.entries(options) as [OptionName, Option][];
}
