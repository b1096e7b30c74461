import { formatEndpoint } from '../wire/address.js';
import { OWN_HOST } from '../wire/proxy-target.js';
import { type ProxyPlace, placeText } from './proxy-place.js';

/** Where the script is, below the page for setting phones up. */
export const SCRIPT = 'proxy.pac';

/**
 * The script by which a device finds its proxy (proxy auto-configuration): the vendors' hosts by way of scaletap, or
 * straight on when that is off; everything else straight on, always. `apps` are names, or `*.example.com` for all
 * names below one.
 */
export function proxyScript(apps: readonly string[], host: string, port: number): string {
  const place = formatEndpoint({ address: host, port });
  const tests = apps.map((app) =>
    app.startsWith('*.') ? `dnsDomainIs(name, ${quoted(app.slice(1))})` : `name === ${quoted(app)}`,
  );
  return `function FindProxyForURL(url, host) {
  var name = host.toLowerCase();
  if (${[...tests, `name === ${quoted(OWN_HOST)}`].join(' ||\n      ')}) {
    return ${quoted(`PROXY ${place}; DIRECT`)};
  }
  return "DIRECT";
}
`;
}

/** The address of the script. */
export function scriptAddress(proxy: ProxyPlace): string {
  return `http://${placeText(proxy)}/${SCRIPT}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
