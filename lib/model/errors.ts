/** An option, a file or a policy that the user gave cannot be used. The message is one sentence, shown as it is. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Nothing can be read: no credentials, an expired token, an unreachable endpoint. The message says what to do. */
export class AccessError extends Error {
  override readonly name = "AccessError";
}

/** An AWS call that failed after the SDK's retries. It becomes a gap, never an empty answer. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";
  /** The IAM action, as in `rds:DescribeDBInstances`. */
  readonly action: string;
  /** AWS's error code, or the network's. */
  readonly code: string;
  /** True if the same call may succeed minutes later: throttling, a server error, a network failure. */
  readonly isTransient: boolean;

  constructor(action: string, code: string, message: string, { isTransient = false } = {}) {
    super(message);
    this.action = action;
    this.code = code;
    this.isTransient = isTransient;
  }

  /** The same failure in other words. */
  withMessage(message: string): AwsCallError {
    return new AwsCallError(this.action, this.code, message, this);
  }
}

/** Returns the error of an AWS call; throws any other error. */
export function toCallError(error: unknown): AwsCallError {
  if (error instanceof AwsCallError) return error;
  throw error;
}

/** True for an AWS call that may succeed minutes later. */
export function isTransient(error: unknown): boolean {
  return error instanceof AwsCallError && error.isTransient;
}

/** True for a call that a policy denies. */
export function isAccessDenied({ code }: Pick<AwsCallError, "code">): boolean {
  return ["AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"].includes(code);
}

/** The code of `databaseNotFound`. RDS itself has none. */
const notFound = "DatabaseNotFound";

/** RDS returns no database with a resource ID. Transient, because one answer may lack a database that exists. */
export function databaseNotFound({ arn, resourceId }: Record<"arn" | "resourceId", string>): AwsCallError {
  const message = `no database has the resource ID ${resourceId} (${arn})`;
  return new AwsCallError("rds:DescribeDBInstances", notFound, message, { isTransient: true });
}

/** True for the error of `databaseNotFound`. */
export function isDatabaseNotFound(error: unknown): boolean {
  return error instanceof AwsCallError && error.code === notFound;
}
