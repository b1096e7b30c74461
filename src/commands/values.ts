import { didYouMean } from '../config/nearest.js';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { UsageError, UserError } from '../model/errors.js';
import { printable, printableLines } from '../model/escape.js';
import type { Store } from '../store/store.js';
import type { StoredValue } from '../store/values.js';
import { vendorNamed, vendors } from '../vendors/index.js';
import type { ValueRules } from '../vendors/vendor.js';
import { filterOf } from './filters.js';
import { counted, localTime, print, Table, writeFile } from './output.js';
import { readText, readValuesFile, valuesFile } from './values-file.js';
import { withStore } from './with-store.js';

/** `scaletap values [list]`: which there are, without their texts. */
export async function list(settings: Settings): Promise<number> {
  const filter = filterOf(settings);
  return withStore(settings, async ({ values }) => {
    const table = new Table([
      { title: 'DEVICE' },
      { title: 'VENDOR' },
      { title: 'NAME' },
      { title: 'AGE', align: 'right' },
      { title: 'BYTES', align: 'right' },
    ]);
    const nowMs = Date.now();
    const rows = values
      .list(filter)
      .map(({ vendor, device, name, text, updatedAtUs }) => [
        ...[device, vendor, name].map(printable),
        age(nowMs - updatedAtUs / 1000),
        String(Buffer.byteLength(text)),
      ]);
    await print(table.lines(rows));
  });
}

/** `scaletap values show DEVICE [NAME]`: the text of one value alone, or all of a device with their times. */
export async function show(settings: Settings, [address = '', name]: readonly string[]): Promise<number> {
  return withStore(settings, async (store) => {
    const { device, known } = deviceOf(address, settings, store);
    const wanted = known.filter((value) => name === undefined || value.name === name);
    if (wanted.length === 0) throw notThere(store, device, name, known);
    for (const value of wanted) {
      const text = `${printableLines(settings.showSecrets ? value.text : cover(value))}\n`;
      const title = `${printable(value.name)}  (${localTime(value.updatedAtUs / 1000)})\n`;
      await print(name === undefined ? title + text.replace(/^(?=.)/gm, '  ') : text);
    }
  });
}

/** `scaletap values set DEVICE NAME TEXT`, or `@FILE` for the text of a file, without the line feed at its end. */
export async function set(
  settings: Settings,
  [address = '', name = '', given = '']: readonly string[],
): Promise<number> {
  const text = (given.startsWith('@') ? await readText(given.slice(1)) : given).replace(/\r?\n$/, '');
  return withStore({ ...settings, create: true }, async (store) => {
    const { vendor, device, rules } = deviceOf(address, settings, store);
    if (!rules.names.includes(name)) {
      throw new UsageError(
        `${name} is not a value of ${vendor}${didYouMean(name, rules.names)} (there are ${rules.names.join(', ')})`,
      );
    }
    const problem = rules.problem(name, text);
    if (problem !== null) throw new UserError(`${name}: the text ${problem}; nothing was set`);
    store.values.change(() => store.values.put(vendor, device, name, text, Date.now() * 1000));
    await print(`${name} of ${device} is set, ${counted(Buffer.byteLength(text), 'byte')}\n`);
  });
}

/** `scaletap values remove DEVICE NAME`. */
export async function remove(
  settings: Settings,
  [address = '', name = '']: readonly string[],
): Promise<number> {
  return withStore(settings, async (store) => {
    const { vendor, device, known } = deviceOf(address, settings, store);
    if (!store.values.change(() => store.values.remove(vendor, device, name))) {
      throw notThere(store, device, name, known);
    }
    await print(`${printable(name)} of ${device} is removed\n`);
  });
}

/** `scaletap values export`: to a file or to stdout, without secrets unless they are asked for. */
export async function exportTo(settings: Settings, log: Log): Promise<number> {
  const { out, showSecrets } = settings;
  const filter = filterOf(settings);
  return withStore(settings, async ({ values }) => {
    const sound: StoredValue[] = [];
    for (const value of values.list(filter)) {
      // What was learnt is what the vendor's server said, which may be anything.
      const problem = vendorNamed(value.vendor)?.values.problem(value.name, value.text) ?? null;
      if (problem === null) sound.push(value);
      else log.warn(printable(`${value.name} of ${value.device} is left out: it ${problem}`));
    }
    const shown = showSecrets ? sound : sound.flatMap(withoutSecrets);
    const file = valuesFile(shown, { masked: !showSecrets, nowMs: Date.now() });
    if (out === null) await print(file);
    else await writeFile(out, [file]);
    const secrets = sound.length - shown.length;
    if (secrets > 0) {
      log.warn(
        `${counted(secrets, 'secret')} left out, without which scaletap can neither tell whether a scale is itself nor ` +
          'pull from a cloud; --show-secrets exports them too',
      );
    }
    if (out !== null) await print(`${counted(shown.length, 'value')} written to ${out}\n`);
  });
}

/** `scaletap values import FILE`: all of them or, when one is not right, none. */
export async function importFrom(settings: Settings, [path = '']: readonly string[]): Promise<number> {
  const given = await readValuesFile(path, Date.now());
  return withStore({ ...settings, create: true }, async ({ values }) => {
    let taken = 0;
    let younger = 0;
    values.change(() => {
      for (const { vendor, device, name, text, updatedAtUs } of given) {
        const known = values.entry(vendor, device, name);
        if (known?.text === text) continue;
        if (known !== undefined && !settings.replace && known.updatedAtMs > updatedAtUs / 1000) younger++;
        else {
          values.put(vendor, device, name, text, updatedAtUs);
          taken++;
        }
      }
    });
    const parts = [counted(given.length, 'value'), `${taken} taken`];
    if (younger > 0) parts.push(`${younger} left out, since what is here is younger (--replace takes them)`);
    await print(`${printable(path)}: ${parts.join(', ')}\n`);
  });
}

/** `scaletap values learn-secret DEVICE`: has the next offline session ask for the configuration of a scale. */
export async function learnSecret(settings: Settings, [address = '']: readonly string[]): Promise<number> {
  return withStore(settings, async (store) => {
    const { vendor, device, rules, known } = deviceOf(address, settings, store);
    if (known.length === 0) throw notThere(store, device, undefined, known);
    if (!rules.names.includes('learn-secret')) {
      throw new UsageError(`${device} of ${vendor} is no scale that could be asked for a secret`);
    }
    if (known.some(({ name }) => name === 'secret')) {
      await print(`The secret of ${device} is known already; nothing to do.\n`);
      return;
    }
    store.values.change(() => store.values.put(vendor, device, 'learn-secret', '1', Date.now() * 1000));
    await print(asking(device));
    if (!known.some(({ name }) => name === 'gravity')) await print(needsGravity(device));
  });
}

function asking(device: string): string {
  return `The next session of ${device} that scaletap answers asks the scale for its configuration, once.
That is one in which the vendor does not answer, or one in mode offline.

The scale then sends its secret, with which scaletap can tell whether a session is really the scale's own, and can
open sessions as the scale. The same message also holds the passphrase of your Wi-Fi, the scale's Bluetooth key and
its table of users. It crosses your network in clear and stays in the journal, where listings and exports cover it
unless --show-secrets asks for it. With --require-auth there is no such session before the secret is known.

To take this back before it has happened: scaletap values remove ${device} learn-secret
To forget a secret that was learnt:       scaletap values remove ${device} secret
`;
}

/** A scale passes over the part of a reply that asks for it when there is no gravity in it. */
function needsGravity(device: string): string {
  return `
Gravity is not known for this scale, and without it nothing can be asked. Tell serve where it stands with
--latitude, or set the value: scaletap values set ${device} gravity 98067
`;
}

interface Device {
  readonly vendor: string;
  readonly device: string;
  readonly rules: ValueRules;
  readonly known: readonly StoredValue[];
}

/**
 * A device by its address: of the vendor that `--vendor` names, or else of the one that has values of it, or else of
 * the first that has such addresses.
 */
function deviceOf(address: string, settings: Settings, { values }: Store): Device {
  const asked = filterOf(settings).vendor;
  const all = values.list();
  const found = vendors.flatMap(({ name, values: rules }): Device[] => {
    const device = rules.device(address);
    if (device === null || (asked !== undefined && asked !== name)) return [];
    return [
      { vendor: name, device, rules, known: all.filter((v) => v.vendor === name && v.device === device) },
    ];
  });
  const best = found.find(({ known }) => known.length > 0) ?? found[0];
  if (best !== undefined) return best;
  throw new UsageError(
    `${address} is neither the address of a device, such as 00:24:e4:00:00:01, nor the id of an account`,
  );
}

function notThere(
  { file }: Store,
  device: string,
  name: string | undefined,
  known: readonly StoredValue[],
): UserError {
  if (name === undefined || known.length === 0) {
    return new UserError(`${file} has no values of ${device}; scaletap values list shows what there is`);
  }
  const names = known.map((value) => value.name);
  return new UserError(
    `${device} has no value ${name}${didYouMean(name, names)} (there are ${names.join(', ')})`,
  );
}

function cover({ vendor, name, text }: StoredValue): string {
  return vendorNamed(vendor)?.values.cover(name, text) ?? '*'.repeat(text.length);
}

/** The value with its secrets covered; nothing when what is left could not be imported, as that of a secret. */
function withoutSecrets(value: StoredValue): StoredValue[] {
  const text = cover(value);
  const isSecret = text !== value.text && /^\*+$/.test(text);
  return isSecret || vendorNamed(value.vendor)?.values.problem(value.name, text) !== null
    ? []
    : [{ ...value, text }];
}

/** `45 s`, `12 min`, `5 h`, `3 d`, rounded down. A time that is still to come has no age. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
