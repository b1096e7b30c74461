import { logLevels } from '../log.js';
import { calling, commandNames, relay } from './choices.js';
import type { Option } from './option.js';
import { choice, list, some, text } from './option.js';
import { parseEndpoint, parseResolver, parseUpstream } from './values.js';

const everywhere = commandNames;

/** Where everything is, and what is relayed. */
export const servingOptions = {
  'data-dir': text({
    group: 'General',
    commands: everywhere,
    describe: 'Folder of the database; made when it does not exist, private to its owner',
    value: 'FOLDER',
    default: './data',
    parse: some,
  }),
  config: text<string | null>({
    group: 'General',
    commands: everywhere,
    describe: 'YAML file with settings (not a key of that file)',
    value: 'FILE',
    default: null,
    defaultText: 'scaletap.yaml here or in the data folder, if there',
    parse: some,
  }),
  'log-level': choice(logLevels, {
    group: 'General',
    commands: everywhere,
    describe: 'The least urgent messages that are shown, on stderr',
    default: 'info',
  }),

  listen: list({
    group: 'Relay',
    commands: relay,
    describe: 'Where scales connect: host:port, [IPv6]:port or a port',
    value: 'HOST:PORT',
    default: [],
    defaultText: 'port 80 on all addresses, or 8081 where 80 cannot be had',
    parse: parseEndpoint,
  }),
  upstream: list({
    group: 'Relay',
    commands: calling,
    describe: 'One more host to relay to, or the address of a host: host, host=address or host=address:port',
    value: 'HOST[=ADDRESS]',
    default: [],
    defaultText: 'the hosts of the known vendors',
    parse: parseUpstream,
  }),
  'upstream-dns': list({
    group: 'Relay',
    commands: calling,
    describe: 'Resolvers that tell the true address of the vendor: address or address:port',
    value: 'ADDRESS',
    default: ['9.9.9.9', '1.1.1.1'],
    parse: parseResolver,
  }),
} as const satisfies Record<string, Option>;
