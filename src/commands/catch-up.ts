import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { UsageError, UserError } from '../model/errors.js';
import { printable } from '../model/escape.js';
import type { OwedPlace } from '../model/owed.js';
import { Calls } from '../offline/calls.js';
import type { DeliveryResult } from '../offline/catch-up.js';
import { leaseMsFor, visitAndDeliver } from '../offline/catch-up.js';
import type { OwedEntry, OwingDevice } from '../store/owed.js';
import type { Store } from '../store/store.js';
import { vendorNamed } from '../vendors/index.js';
import { isOffline } from '../vendors/vendor.js';
import { modeOf } from './mode-of.js';
import { counted, localTime, print, Table } from './output.js';
import { withStore } from './with-store.js';

/** `scaletap catch-up [list]`: the measures that the cloud is or was owed, in the order in which they came. */
export async function list(settings: Settings): Promise<number> {
  return withStore(settings, async ({ owed }) => {
    const entries = owed.list({ device: settings.device ?? undefined });
    await print(settings.json ? entries.map(jsonLine).join('') : new Table(columns).lines(entries.map(row)));
  });
}

/**
 * `scaletap catch-up send [DEVICE]`: sends what is owed in sessions of our own, as the devices. Resolves to 1 when
 * something is still owed, or was refused.
 */
export async function send(settings: Settings, log: Log, [word]: readonly string[]): Promise<number> {
  const wanted = word?.toLowerCase().replaceAll('-', ':') ?? settings.device ?? undefined;
  if ((await modeOf(settings)) === 'offline') {
    throw new UserError(
      'nothing is sent in mode offline, in which the cloud is not called; `scaletap mode auto` ends that ' +
        'where serve is running, otherwise the setting does',
    );
  }
  return withStore(settings, async (store) => {
    const owing = store.owed.devices().filter(({ device }) => wanted === undefined || device === wanted);
    if (owing.length === 0 && !settings.json) {
      await print(`nothing is owed to the cloud${wanted === undefined ? '' : ` of ${printable(wanted)}`}\n`);
    }
    const calls = new Calls(settings, [], () => true);
    let code = 0;
    for (const each of owing) {
      const { result, pending } = await visit(store, each, calls, log);
      if (pending > 0 || result.refused > 0) code = 1;
      const { delivered, refused, end, problem } = result;
      const { vendor, device } = each;
      const line = settings.json
        ? JSON.stringify({ vendor, device, delivered, refused, pending, end, problem })
        : `${nameOf(device)}: ${outcome(store, each, result, pending)}`;
      await print(`${line}\n`);
    }
    return code;
  });
}

/** `scaletap catch-up drop ID...` or `--all`: gives up what is owed. All ids must be there, or nothing is dropped. */
export async function drop(settings: Settings, words: readonly string[]): Promise<number> {
  const { all, device, json } = settings;
  const ids = words.map(idOf);
  if (all === ids.length > 0) {
    throw new UsageError('name the ids that are to be dropped, or --all; scaletap catch-up list has them');
  }
  return withStore(settings, async ({ owed, file }) => {
    const filter = { ...(all ? {} : { ids }), device: device ?? undefined };
    const known = all ? [] : owed.list(filter);
    const missing = ids.find((id) => !known.some((entry) => entry.id === id));
    if (missing !== undefined) {
      const whose = device === null ? '' : ` of ${device}`;
      throw new UserError(
        `there is no measure ${missing}${whose} in ${file}, so nothing was dropped; ` +
          'scaletap catch-up list shows which there are',
      );
    }
    const dropped = owed.drop(filter, Date.now());
    if (json) {
      for (const entry of owed.list({ ids: dropped.map(({ id }) => id) })) await print(jsonLine(entry));
      return 0;
    }
    for (const { id, state } of known.filter((entry) => entry.state !== 'pending')) {
      await print(`${id} is ${state} already\n`);
    }
    for (const { id, answeredAtMs, device: whose, label } of dropped) {
      await print(`${id} is dropped: ${label} of ${nameOf(whose)}, ${localTime(answeredAtMs)}\n`);
    }
    await print(`${counted(dropped.length, 'measure')} dropped; the readings are kept\n`);
    return 0;
  });
}

const columns = [
  { title: 'ID', align: 'right' },
  { title: 'ANSWERED' },
  { title: 'DEVICE' },
  { title: 'WHAT' },
  { title: 'STATE' },
  { title: 'STATUS', align: 'right' },
  { title: 'TRIES', align: 'right' },
  { title: 'PROBLEM' },
] as const;

function row(entry: OwedEntry): string[] {
  const { id, answeredAtMs, device, label, state, status, tries, lastProblem } = entry;
  return [
    ...[String(id), localTime(answeredAtMs), nameOf(device), printable(label), state],
    ...[status === null ? '' : String(status), String(tries), printable(lastProblem ?? '')],
  ];
}

function nameOf(device: string): string {
  return device === '' ? 'unknown device' : printable(device);
}

function jsonLine(entry: OwedEntry): string {
  const { id, answeredAtMs, vendor, device, label, state, status, tries, lastProblem, settledAtMs } = entry;
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const told = {
    ...{ id, answered: iso(answeredAtMs), vendor, device, what: label, state, status, tries },
    ...{ problem: lastProblem, settled: iso(settledAtMs), exchange: entry.exchange },
  };
  return `${JSON.stringify(told)}\n`;
}

function idOf(word: string): number {
  if (/^[1-9]\d{0,14}$/.test(word)) return Number(word);
  throw new UsageError(`${printable(word)} is not the id of a measure; scaletap catch-up list has them`);
}

/** One session of our own, as a device. Gives also how many of its measures are still owed. */
async function visit(
  store: Store,
  { vendor: name, device }: OwingDevice,
  calls: Calls,
  log: Log,
): Promise<{ readonly result: DeliveryResult; readonly pending: number }> {
  const vendor = vendorNamed(name);
  if (!isOffline(vendor))
    throw new UserError(
      `${device} is of ${name}, which this scaletap does not know; use the one that took its measures`,
    );
  const answerTimeoutMs = calls.timeoutMs;
  const call = calls.open(calls.upstreamOf(vendor), 'catch-up', (exchange) => {
    try {
      store.journal.commit([exchange], { owed: true });
    } catch (error) {
      log.error(`an exchange could not be kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  try {
    const known = { value: (of: string, what: string) => store.values.get(name, of, what) };
    const place = owedPlaceOf(store, leaseMsFor(answerTimeoutMs));
    const result = await visitAndDeliver({ vendor, device, known, place, call, answerTimeoutMs });
    const left = store.owed.devices().find((each) => each.vendor === name && each.device === device);
    return { result, pending: left?.pending ?? 0 };
  } finally {
    call.close();
  }
}

function owedPlaceOf({ owed }: Store, leaseMs: number): OwedPlace {
  return {
    next: async (vendor, device) => owed.next(vendor, device, Date.now(), leaseMs),
    settle: async (id, outcome) => owed.settle(id, outcome, Date.now()),
  };
}

/** What came of a visit, in words. */
function outcome(
  store: Store,
  { vendor, device }: OwingDevice,
  result: DeliveryResult,
  pending: number,
): string {
  const { delivered, refused, end, problem } = result;
  const parts = [`${counted(delivered, 'measure')} delivered`];
  if (refused > 0) parts.push(`${refused} refused for good (scaletap catch-up list says why)`);
  if (pending > 0) parts.push(`${pending} still owed`);
  if (end === 'trouble') parts.push(printable(problem ?? ''));
  else if (end === 'unknown') parts.push(whyUnknown(store, vendor, device));
  else if (pending > 0) parts.push('another scaletap is sending them now');
  return parts.join('; ');
}

function whyUnknown({ values }: Store, vendor: string, device: string): string {
  if (device === '') return 'nobody can tell whose they are; scaletap catch-up drop gives them up';
  const otherwise = 'they are sent when it next opens a session with the cloud itself';
  return values.get(vendor, device, 'secret') === undefined
    ? 'no session can be opened as this device: its secret is not known. ' +
        `\`scaletap values learn-secret ${device}\` asks the device for it; otherwise ${otherwise}`
    : `no session can be opened as this device: it has not opened one through scaletap yet; ${otherwise}`;
}
