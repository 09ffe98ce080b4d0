// An error in the form of the Messages API.

/** An error as it is answered. */
export interface ApiFailure {
  readonly status: number;
  /** One of the API's types, such as `invalid_request_error`. */
  readonly type: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Keeps the official SDKs from trying again what would be the same again. */
export const NOT_AGAIN = { "x-should-retry": "false" };

/** A turn that failed, with what the client is told of it. */
export class ModelFailure extends Error {
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure, cause: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}
