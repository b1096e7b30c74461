/** A view that cannot be given, for the fault of whoever asked. The message is for people. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** 400 for what makes no sense, 404 for what is not there. */
  readonly status: 400 | 404;

  constructor(status: 400 | 404, message: string) {
    super(message);
    this.status = status;
  }
}
