/**
 * Members of a session reply that change a scale for good, and what they are: `blc` names firmware that it then
 * loads and installs, `sha1` is the hash of it, `ws` moves it to another server, `kl` gives it another secret. By
 * the app's ConstantsWs; that `blc` alone starts an upgrade is from WS-30 firmware 211.
 */
export const orders: ReadonlyMap<string, string> = new Map([
  ['blc', 'firmware'],
  ['sha1', 'hash of the firmware'],
  ['ws', 'server to move to'],
  ['kl', 'new secret'],
]);

/** The order that a member's name is read as; undefined when it is none. In C a name ends at a zero. */
export function orderNamed(name: string): string | undefined {
  const [start = ''] = name.split('\0', 1);
  return orders.has(start) ? start : undefined;
}
