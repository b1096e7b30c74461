import { fieldName, isOfScale, type Kind, labelOf, unitOf, unitSymbols } from '../../model/quantity.js';
import type { Subject } from './household.js';
import { idOf, shownName } from './ids.js';
import { entityOf } from './kinds.js';

/** What the messages are made of, besides the people and scales that they are about. */
export interface House {
  /** What all topics of ours begin with. */
  readonly topic: string;
  /** The prefix of Home Assistant's discovery topics; null for no discovery. */
  readonly discovery: string | null;
  /** After so many days without a weigh-in a person has a problem; 0 for never. */
  readonly missingDays: number;
  /** Of this scaletap. */
  readonly version: string;
}

/** A retained message. */
export type Message = readonly [topic: string, payload: string];

const ORIGIN = 'scaletap';
const DAY_MS = 86_400_000;

/** Where `online` and `offline` are told: the availability of all that is ours, and our last will. */
export function statusTopic({ topic }: House): string {
  return `${topic}/status`;
}

/** Where Home Assistant says `online` when it has started; null where nobody listens to that. */
export function birthTopic({ discovery }: House): string | null {
  return discovery === null ? null : `${discovery}/status`;
}

/** Filters for all retained messages that may be ours, of this run or an earlier one. */
export function ownFilters({ topic, discovery }: House): string[] {
  const states = [`${topic}/person/#`, `${topic}/scale/#`];
  return discovery === null ? states : [...states, `${discovery}/device/+/config`];
}

/**
 * Whether a retained message that one of {@link ownFilters} has brought is ours. Discovery topics are everybody's: there
 * it takes our name as origin, and an availability below our own topic, as another scaletap has its own.
 */
export function isOwn(house: House, [topic, payload]: Message): boolean {
  if (house.discovery === null || !topic.startsWith(`${house.discovery}/device/`)) return true;
  const { origin, availability_topic } = objectOf(payload);
  return objectOf(origin).name === ORIGIN && availability_topic === statusTopic(house);
}

/** Everything that the broker is to keep about a person or a scale, at a time in milliseconds. */
export function messagesOf(house: House, subject: Subject, nowMs: number): Message[] {
  const facts = factsOf(house, subject, nowMs);
  const state = Object.fromEntries(facts.map(({ key, value }) => [key, value]));
  const messages: Message[] = [[stateTopic(house, subject), JSON.stringify(state)]];
  const { discovery } = house;
  if (discovery === null) return messages;
  // The state comes last: what is told of a device that Home Assistant does not know yet is lost on it.
  const topic = `${discovery}/device/${deviceId(house, subject)}/config`;
  return [[topic, JSON.stringify(configOf(house, subject, facts))], ...messages];
}

/**
 * A discovery message of a device again, for when it had other components before: one that is not there any more has
 * to be told once by its platform alone before it can be left out. Null when there is no such component.
 */
export function parting(before: string, after: string): string | null {
  const config = objectOf(after);
  const now = objectOf(config.components);
  const gone = Object.entries(objectOf(objectOf(before).components)).filter(
    ([key]) => !Object.hasOwn(now, key),
  );
  if (gone.length === 0 || Object.keys(now).length === 0) return null;
  const stubs = gone.map(([key, component]) => [key, { platform: objectOf(component).platform }]);
  return JSON.stringify({ ...config, components: { ...now, ...Object.fromEntries(stubs) } });
}

/** One member of a state, and the component that shows it. */
interface Fact {
  readonly key: string;
  readonly value: number | string;
  readonly component: Readonly<Record<string, string | number>>;
}

function factsOf({ missingDays }: House, subject: Subject, nowMs: number): Fact[] {
  const facts = [...subject.newest].map(([kind, { value }]) => factOf(subject, kind, value));
  const weighIn = subject.newest.get('weight');
  if (subject.of === 'scale') {
    facts.push(timeFact('last_seen', 'Last seen', subject.last.timeMs, true));
  } else if (weighIn !== undefined) {
    facts.push(timeFact('last_weigh_in', 'Last weigh-in', weighIn.timeMs, false));
    if (missingDays > 0) facts.push(missingFact(missingDays, nowMs - weighIn.timeMs));
  }
  return facts;
}

function factOf({ of }: Subject, kind: Kind, value: number): Fact {
  const { deviceClass, precision, diagnostic, code } = entityOf(kind);
  const ofNobody = of === 'scale' && !isOfScale(kind);
  const unit = unitSymbols[unitOf(kind)];
  return {
    key: ofNobody ? `unassigned_${fieldName(kind)}` : fieldName(kind),
    value,
    component: {
      platform: 'sensor',
      name: ofNobody ? `${labelOf(kind)} (unassigned)` : labelOf(kind),
      ...(deviceClass !== undefined && { device_class: deviceClass }),
      ...(code !== true && { state_class: 'measurement' }),
      ...(unit !== '' && { unit_of_measurement: unit }),
      ...(precision !== undefined && { suggested_display_precision: precision }),
      ...(diagnostic === true && { entity_category: 'diagnostic' }),
    },
  };
}

function timeFact(key: string, name: string, timeMs: number, diagnostic: boolean): Fact {
  const component = { platform: 'sensor', name, device_class: 'timestamp' };
  return {
    key,
    value: new Date(timeMs).toISOString(),
    component: diagnostic ? { ...component, entity_category: 'diagnostic' } : component,
  };
}

function missingFact(days: number, sinceMs: number): Fact {
  const name = days === 1 ? 'No weigh-in for a day' : `No weigh-in for ${days} days`;
  const value = sinceMs > days * DAY_MS ? 'ON' : 'OFF';
  return { key: 'missing', value, component: { platform: 'binary_sensor', name, device_class: 'problem' } };
}

/** `person`, `ana`, or `scale`, `withings`, `0024e40659dc`. */
function pathOf(subject: Subject): string[] {
  const vendor = subject.of === 'scale' ? [subject.vendor] : [];
  return [subject.of, ...vendor, idOf(subject.id)];
}

function stateTopic({ topic }: House, subject: Subject): string {
  return [topic, ...pathOf(subject)].join('/');
}

/** Another topic makes other ids, so that two houses can share a broker. */
function deviceId({ topic }: House, subject: Subject): string {
  return [idOf(topic), ...pathOf(subject)].join('_');
}

/** A discovery message in Home Assistant's device form: one device with all its entities. */
function configOf(house: House, subject: Subject, facts: readonly Fact[]): object {
  const id = deviceId(house, subject);
  const components = facts.map(({ key, component }) => [
    key,
    { ...component, unique_id: `${id}_${key}`, value_template: `{{ value_json.${key} }}` },
  ]);
  return {
    device: { identifiers: [id], ...deviceOf(subject) },
    origin: { name: ORIGIN, sw_version: house.version },
    availability_topic: statusTopic(house),
    state_topic: stateTopic(house, subject),
    qos: 1,
    components: Object.fromEntries(components),
  };
}

function deviceOf(subject: Subject): Readonly<Record<string, string>> {
  const shownId = shownName(subject.id);
  if (subject.of === 'person') {
    return { name: shownName(subject.name) || `Person ${shownId}`, model: 'Person' };
  }
  const { vendor, newest } = subject;
  const maker = vendor.charAt(0).toUpperCase() + vendor.slice(1);
  const firmware = newest.get('firmware');
  return {
    name: `${maker} scale ${shownId}`,
    manufacturer: maker,
    model: 'Scale',
    serial_number: shownId,
    ...(firmware !== undefined && { sw_version: String(firmware.value) }),
  };
}

/** A JSON object, parsed where it is a text; empty when it is none. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'string') return objectOf(parsed(value));
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Discovery topics hold what others have put there.
    return null;
  }
}
