/**
 * The statuses that we answer with. Whatever is not 0 ends what a scale was doing, and a measure that gets such a
 * status stays in its store (WS-30 firmware 211). The names are in status.ts.
 */
export const ownStatus = {
  ok: 0,
  /** AUTHFAILED: the session hash is not verified, and must be. The scale ends its visit. */
  authFailed: 100,
  /** WRONGSESSIONID: the scale opens a new session at its next try. */
  wrongSession: 250,
  /** INVALID_PARAMS: the request makes no sense. */
  invalidParams: 503,
  /** ERROR_DB: what came cannot be kept now. */
  databaseError: 519,
} as const;
