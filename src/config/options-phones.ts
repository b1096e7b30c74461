import { relay } from './choices.js';
import type { Option } from './option.js';
import { list, number, some, text, toggle } from './option.js';
import type { Endpoint } from './values.js';
import { parseEndpointOrOff, parseLogin, parseRemotePort } from './values.js';

const pull = ['pull'] as const;

/** Phones, their apps and the apps' clouds. */
export const phoneOptions = {
  'proxy-listen': list<Endpoint | null>({
    group: 'Proxy',
    commands: relay,
    describe: 'Where phones reach the proxy: host:port, [IPv6]:port or a port; off for no proxy',
    value: 'HOST:PORT',
    default: [],
    defaultText: 'port 8888 on all addresses, for the house only',
    parse: parseEndpointOrOff,
  }),
  'proxy-login': text<string | null>({
    group: 'Proxy',
    commands: relay,
    describe: 'User and password that phones must give to the proxy',
    value: 'USER:PASSWORD',
    default: null,
    parse: parseLogin,
    mask: () => '***',
  }),
  'proxy-ports': list({
    group: 'Proxy',
    commands: relay,
    describe: 'Ports that the proxy leads to, besides 80 and 443',
    value: 'PORT',
    default: [],
    parse: parseRemotePort,
  }),
  'proxy-connections': number({
    group: 'Proxy',
    commands: relay,
    describe: 'Connections of phones at one time',
    unit: 'connections',
    default: 1024,
    max: 65536,
  }),
  'upstream-ca': text<string | null>({
    group: 'Proxy',
    commands: ['serve', 'pull'],
    describe: "PEM file of certificates that vendors' servers are verified with, besides the system's",
    value: 'FILE',
    default: null,
    parse: some,
  }),

  'pull-every': number({
    group: 'Pull',
    commands: relay,
    describe: "Hours between two pulls of what is new, with the app's own session; 0 for none",
    unit: 'hours',
    default: 0,
    min: 0,
    max: 8760,
    fraction: true,
  }),
  account: text<string | null>({
    group: 'Pull',
    commands: pull,
    describe: 'The account to pull, by its user id, where there are several',
    value: 'ID',
    default: null,
    parse: some,
  }),
  login: toggle({
    group: 'Pull',
    commands: pull,
    describe: 'Sign in with e-mail and password, which logs the phone out',
  }),
  'login-form': toggle({
    group: 'Pull',
    commands: pull,
    describe: 'Sign in with what the old app has sent to sign in, which logs the phone out',
  }),
  email: text<string | null>({
    group: 'Pull',
    commands: pull,
    describe: 'E-mail address to sign in with',
    value: 'ADDRESS',
    default: null,
    parse: some,
  }),
  'password-file': text<string | null>({
    group: 'Pull',
    commands: ['pull', 'password'],
    describe: 'File whose first line is the password, to sign in with or to set; without it, it is asked for',
    value: 'FILE',
    default: null,
    parse: some,
  }),
} as const satisfies Record<string, Option>;
