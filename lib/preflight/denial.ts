import { AwsCallError, isAccessDenied } from "../model/errors.ts";
import type { DenyingPolicy, PermissionStatus } from "../model/preflight.ts";

/** What an attempt says about a permission. */
export type TrialOutcome = {
  readonly status: PermissionStatus;
  readonly reason: string | null;
  readonly deniedBy: DenyingPolicy | null;
};

/** The permission is there. */
export const had: TrialOutcome = { status: "have", reason: null, deniedBy: null };

/** The permission cannot be told. */
export function toUnknown(reason: string): TrialOutcome {
  return { status: "unknown", reason, deniedBy: null };
}

/** Codes for something that does not exist. AWS looks only after it has allowed the call. */
const missing = /NotFound(Fault|Exception)?$/;

/** KMS answers so for a key that does not exist, and for a key whose policy does not allow the call. */
const ambiguous = /because the resource does not exist/i;

/** What a failed call says about the permission to make it. */
export function judgeFailure(error: unknown): TrialOutcome {
  if (!(error instanceof AwsCallError)) throw error;
  const reason = `${error.code}: ${error.message}`;
  if (isAccessDenied(error))
    return ambiguous.test(error.message)
      ? toUnknown(reason)
      : { status: "lack", reason, deniedBy: findDenyingPolicy(error.message) };
  return missing.test(error.code) ? had : toUnknown(reason);
}

/**
 * The kind of policy that AWS's message names; null if it names none.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
function findDenyingPolicy(message: string): DenyingPolicy | null {
  const [, explicit, implicit] =
    /with an explicit deny in an? ([\w -]*?(?:policy|boundary))|because no ([\w -]*?(?:policy|boundary)) allows/i.exec(
      message,
    ) ?? [];
  const kind = explicit ?? implicit;
  return kind === undefined ? null : { kind, isExplicit: explicit !== undefined };
}
