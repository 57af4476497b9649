/** A strategic merge patch that can't be applied: the answer's code, and the real server's words. */
export class StrategicError extends Error {
  readonly code: 400 | 500;

  constructor(code: 400 | 500, message: string) {
    super(message);
    this.code = code;
  }
}
