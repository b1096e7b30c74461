/**
 * What Home Assistant asks of discovery messages in the device form, as its documentation of MQTT and of sensors has it
 * (www.home-assistant.io/integrations/mqtt, /sensor, /binary_sensor). Home Assistant itself is not run in the tests.
 */

const deviceKeys = new Set([
  ...['identifiers', 'connections', 'name', 'manufacturer', 'model', 'model_id', 'sw_version', 'hw_version'],
  ...['serial_number', 'configuration_url', 'suggested_area', 'via_device'],
]);
const sensorKeys = new Set([
  ...[
    'platform',
    'unique_id',
    'name',
    'value_template',
    'device_class',
    'state_class',
    'unit_of_measurement',
  ],
  ...['suggested_display_precision', 'entity_category'],
]);
const rootKeys = new Set(['device', 'origin', 'availability_topic', 'state_topic', 'qos', 'components']);

/** The device classes that are used here, with the units that they take. */
const unitsOf: Readonly<Record<string, readonly (string | undefined)[]>> = {
  weight: ['kg', 'g', 'mg', 'µg', 'oz', 'lb', 'st'],
  distance: ['km', 'm', 'cm', 'mm', 'mi', 'nmi', 'yd', 'in'],
  temperature: ['°C', '°F', 'K'],
  humidity: ['%'],
  carbon_dioxide: ['ppm'],
  battery: ['%'],
  voltage: ['V', 'mV', 'µV', 'kV', 'MV'],
  timestamp: [undefined],
};

type Json = Readonly<Record<string, unknown>>;

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {});
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** All that Home Assistant would not like about a retained discovery message; with its state where there is one. */
export function complaints(topic: string, payload: string, states: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) found.push(`${topic}: ${what}`);
  };
  must(/^[^/+#]+\/device\/[a-zA-Z0-9_-]+\/config$/.test(topic), 'no topic for a device');
  const config = record(JSON.parse(payload));
  const device = record(config.device);
  for (const key of Object.keys(config)) must(rootKeys.has(key), `unknown key ${key}`);
  for (const key of Object.keys(device)) must(deviceKeys.has(key), `unknown key ${key} of the device`);
  must(Array.isArray(device.identifiers) && device.identifiers.every(isText), 'no identifiers');
  must(isText(device.name) && device.name.length <= 200 && !/\p{Cc}/u.test(device.name), 'no good name');
  must(isText(record(config.origin).name), 'no name of the origin');
  must(isText(config.availability_topic) && !/[+#]/.test(config.availability_topic), 'no availability');
  must(isText(config.state_topic) && !/[+#\p{Cc}]/u.test(config.state_topic), 'no good state topic');

  const state = record(JSON.parse(states.get(String(config.state_topic)) ?? 'null'));
  const components = Object.entries(record(config.components));
  must(components.length > 0, 'no components');
  const ids = new Set<unknown>();
  for (const [key, value] of components) {
    const component = record(value);
    const wrong = complaintsOf(component, key, state[key], String(device.name));
    for (const what of wrong) must(false, `${key}: ${what}`);
    must(!ids.has(component.unique_id), `${key}: a unique_id that is not`);
    ids.add(component.unique_id);
  }
  return found;
}

function complaintsOf(component: Json, key: string, state: unknown, deviceName: string): string[] {
  const { platform, unique_id, name, value_template, device_class, state_class, entity_category } = component;
  const { unit_of_measurement: unit } = component;
  const isSensor = platform === 'sensor';
  const numeric = unit !== undefined || state_class !== undefined;
  const rules: [boolean, string][] = [
    [isSensor || platform === 'binary_sensor', `platform ${platform}`],
    [Object.keys(component).every((each) => sensorKeys.has(each)), 'an unknown key'],
    [isText(unique_id) && /^[a-zA-Z0-9_-]{1,200}$/.test(unique_id), `unique_id ${unique_id}`],
    [/^[a-zA-Z0-9_-]+$/.test(key), 'a component id that is none'],
    // A short name may be part of another word.
    [
      isText(name) && (deviceName.length < 4 || !name.includes(deviceName)),
      `name ${name} with that of the device`,
    ],
    [value_template === `{{ value_json.${key} }}`, `template ${value_template}`],
    [/^[a-z_][a-z0-9_]*$/i.test(key), 'a key that a template cannot name'],
    [entity_category === undefined || entity_category === 'diagnostic', `category ${entity_category}`],
    [state_class === undefined || state_class === 'measurement', `state class ${state_class}`],
    [state !== undefined && state !== null, 'no state'],
    [!numeric || typeof state === 'number', `state ${state} of a number`],
    [isSensor || ['ON', 'OFF'].includes(String(state)), `state ${state} of a binary sensor`],
    [device_class !== 'timestamp' || !Number.isNaN(Date.parse(String(state))), `state ${state} of a time`],
  ];
  if (isSensor && device_class !== undefined) {
    const units = unitsOf[String(device_class)];
    rules.push([units?.some((each) => each === unit) === true, `unit ${unit} with ${device_class}`]);
  }
  if (!isSensor) rules.push([device_class === 'problem', `device class ${device_class}`]);
  return rules.filter(([holds]) => !holds).map(([, what]) => what);
}
