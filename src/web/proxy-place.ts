import { formatEndpoint } from '../wire/address.js';

/** Where the proxy is. */
export interface ProxyPlace {
  /** A name or address that the device can reach; null when it is not known. */
  readonly host: string | null;
  readonly port: number;
}

/** `192.0.2.2:8888`, and `ADDRESS:8888` where nobody knows the host. */
export function placeText({ host, port }: ProxyPlace): string {
  return formatEndpoint({ address: host ?? 'ADDRESS', port });
}
