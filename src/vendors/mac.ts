/** A MAC in lower case with colons, however its twelve digits were written; null when it is none. */
export function normalMac(text: string): string | null {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text)) return text;
  const match =
    /^([0-9a-f]{2})[:-]?([0-9a-f]{2})[:-]?([0-9a-f]{2})[:-]?([0-9a-f]{2})[:-]?([0-9a-f]{2})[:-]?([0-9a-f]{2})$/i;
  return match.exec(text)?.slice(1).join(':').toLowerCase() ?? null;
}
