/** What the user gave cannot be used: an option, a file, a policy. The message is the one sentence that is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Nothing can be read at all: no credentials, an expired token, an unreachable endpoint. The message says what to do. */
export class AccessError extends Error {
  override readonly name = "AccessError";
}

/** One AWS call failed for good, after the SDK's retries. It becomes a gap, never an empty answer. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";
  readonly action: string;
  readonly code: string;

  constructor(action: string, code: string, message: string) {
    super(message);
    this.action = action;
    this.code = code;
  }
}
