/**
 * What the codes that people meet mean: of the new cloud by a list in a decompiled app, of the old one by its clients.
 * HTTP statuses mean the same.
 */
const meanings: ReadonlyMap<string, string> = new Map([
  ['101', 'success'],
  ['104', 'wrong password'],
  ['106', 'no account has this e-mail address'],
  ['401', 'session is not taken any more'],
  ['403', 'session is not taken any more'],
  ['429', 'too many requests'],
  ['500', 'error of the server'],
  ['-114', 'envelope could not be decrypted'],
  ['1004', 'no account can have such a password'],
  ['1009', 'that is no e-mail address'],
  ['20000', 'success'],
  ['20001', 'e-mail address or password is wrong'],
  ['20003', 'the limit of data to be had is reached'],
  ['20004', 'there is no such account'],
  ['40302', 'session is not taken any more'],
  ['50000', 'refused, as for an e-mail address that it does not know'],
  ['50005', 'there is no such user'],
]);

/** A code of either cloud, or a status of HTTP, with what it means where that is known: `104 (wrong password)`. */
export function codeInWords(code: string): string {
  const meaning = meanings.get(code);
  return meaning === undefined ? code : `${code} (${meaning})`;
}
