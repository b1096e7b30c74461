export const screenNames = ['overview', 'weigh-ins', 'people', 'devices', 'live', 'system'] as const;

export type ScreenName = (typeof screenNames)[number];

/** Where the page is: `#/live/123?device=a` is the screen live, the parts [`123`], and device in the query. */
export interface Route {
  readonly screen: ScreenName;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % that somebody has typed: it stands for itself.
    return text;
  }
}

/** Any text behind `#`, as a place of the page; what leads nowhere leads to the overview. */
export function parseRoute(hash: string): Route {
  const [path = '', ...rest] = hash.replace(/^#?\/?/, '').split('?');
  const [first = '', ...parts] = path.split('/').filter((part) => part !== '');
  const screen = screenNames.find((name) => name === first);
  return {
    screen: screen ?? 'overview',
    parts: screen === undefined ? [] : parts.map(decoded),
    query: new URLSearchParams(rest.join('?')),
  };
}

/** The link to a place: `routeTo('live', ['123'])` is `#/live/123`. */
export function routeTo(
  screen: ScreenName,
  parts: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
): string {
  const path = [...(screen === 'overview' ? [] : [screen]), ...parts].map(encodeURIComponent).join('/');
  const search = new URLSearchParams(query).toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}
