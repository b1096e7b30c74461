/**
 * How numbers and times are written: numbers and dates as this browser's user writes them, words in English, times in
 * the zone of this device with the exact time in UTC at hand.
 */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(least: number, most: number, sign: boolean): Intl.NumberFormat {
  const name = `${least} ${most} ${sign}`;
  let format = formats.get(name);
  if (format === undefined) {
    format = new Intl.NumberFormat(undefined, {
      minimumFractionDigits: least,
      maximumFractionDigits: most,
      ...(sign && { signDisplay: 'exceptZero' as const }),
    });
    formats.set(name, format);
  }
  return format;
}

/** With as many decimals as it has, `most` at most. */
export function formatNumber(value: number, most = 2): string {
  return numberFormat(0, most, false).format(value);
}

/** With exactly so many decimals. */
export function formatFixed(value: number, decimals: number): string {
  return numberFormat(decimals, decimals, false).format(value);
}

/** A change, with its sign unless it is nothing. */
export function formatChange(value: number, decimals: number): string {
  return numberFormat(decimals, decimals, true).format(value).replace('-', '−');
}

const sizes = ['B', 'kB', 'MB', 'GB'] as const;

/** `1.2 kB`, thousands of 1,000. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let size = 0;
  while (value >= 999.5 && size < sizes.length - 1) {
    value /= 1000;
    size += 1;
  }
  return `${formatNumber(value, size === 0 || value >= 99.95 ? 0 : 1)} ${sizes[size]}`;
}

const timeForms = {
  /** `Fri, 20 Nov 2026, 07:12` */
  full: {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  },
  /** `20 Nov 2026, 07:12` */
  short: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
  /** `20 Nov 2026` */
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  /** `07:12:33` */
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export type TimeForm = keyof typeof timeForms;

const timeFormats = new Map<TimeForm, Intl.DateTimeFormat>();

/** A time of this device's zone. */
export function formatTime(timeMs: number, form: TimeForm = 'short'): string {
  let format = timeFormats.get(form);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(undefined, timeForms[form]);
    timeFormats.set(form, format);
  }
  return format.format(timeMs);
}

/** `2026-11-20 06:12:33 UTC` */
export function exactTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

/** How long ago in words: `just now`, `3 minutes ago`, `yesterday`, `5 months ago`; `in 2 hours` for what is to come. */
export function formatAgo(timeMs: number, nowMs: number): string {
  const away = Math.abs(nowMs - timeMs);
  const words = span(away);
  if (words === null) return 'just now';
  if (nowMs < timeMs) return `in ${words}`;
  if (away >= dayMs && away < 2 * dayMs) return 'yesterday';
  return `${words} ago`;
}

function span(ms: number): string | null {
  if (ms < minuteMs) return null;
  if (ms < hourMs) return count(Math.floor(ms / minuteMs), 'minute');
  if (ms < dayMs) return count(Math.floor(ms / hourMs), 'hour');
  const days = Math.floor(ms / dayMs);
  if (days < 14) return count(days, 'day');
  if (days < 60) return count(Math.floor(days / 7), 'week');
  if (days < 730) return count(Math.floor(days / 30.44), 'month');
  return count(Math.floor(days / 365.25), 'year');
}
