import type { Option } from './option.js';
import { list, toggle } from './option.js';
import type { Endpoint } from './values.js';
import { parseEndpointOrOff, parseHostName } from './values.js';

/** The page, and who reaches it. */
export const pageOptions = {
  'web-listen': list<Endpoint | null>({
    group: 'Page',
    commands: ['serve', 'demo'],
    describe: 'Where the web page is: host:port, [IPv6]:port or a port; off for none',
    value: 'HOST:PORT',
    default: [],
    defaultText: '127.0.0.1:8080',
    parse: parseEndpointOrOff,
  }),
  'web-host': list({
    group: 'Page',
    commands: ['serve'],
    describe: 'One more name that the page is asked by, such as that of a reverse proxy before it',
    value: 'NAME',
    default: [],
    parse: parseHostName,
  }),
  'keep-open': toggle({
    group: 'Page',
    commands: ['demo'],
    describe: 'Keep the page of the demo open until stopped, as it is on a terminal',
  }),
} as const satisfies Record<string, Option>;
