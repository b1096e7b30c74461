/**
 * An error that a person can do something about: it is shown as one line, without a stack. The message says
 * what went wrong, with what, and what to do.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  /** What the process ends with: 1 when something is in the way, 2 when the command line itself is wrong. */
  readonly exitCode: 1 | 2 = 1;
}

/** The command line cannot be understood. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
  override readonly exitCode = 2;
}
