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

const transient = [
  // Too many calls.
  /throttl|^TooManyRequests|^(RequestLimitExceeded|SlowDown|PriorRequestNotComplete)$/i,
  // A failure of AWS's own.
  /^(KMS)?Internal(Failure|Error|Exception|Serv)|^ServiceUnavailable|^(Request|Dependency)?Timeout(Error|Exception)?$/,
  // A network that does not carry the call, or the answer.
  /^E(CONNRESET|CONNREFUSED|CONNABORTED|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)$/,
];

/** Whether the same call may well succeed a few minutes later. */
export function isTransient(error: unknown): boolean {
  return error instanceof AwsCallError && transient.some((codes) => codes.test(error.code));
}
