import type { Status } from "../../model/finding.ts";
import { count } from "../text/count.ts";
import { statuses } from "../text/group-findings.ts";
import { toLine } from "../text/line.ts";

/** What `PutEvaluations` takes, as the SDK types it. */
export type ConfigEvaluation = {
  readonly ComplianceResourceType: string;
  readonly ComplianceResourceId: string;
  readonly ComplianceType: Exclude<Status, "INSUFFICIENT_DATA">;
  readonly Annotation?: string;
  readonly OrderingTimestamp: Date;
};

/** A status, and the sentence that says why. */
export type Said = { readonly status: Status; readonly message: string };

/** Characters of an annotation. Source: https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html */
const maxAnnotation = 256;

/**
 * One resource's evaluation for AWS Config, or null where nobody can tell: AWS refuses INSUFFICIENT_DATA, and anything else would claim
 * to know; what Config knew before stays. `orderingAt` is the ISO 8601 instant of the configuration item or the notification.
 */
export function toEvaluation({
  status,
  message,
  resourceType,
  resourceId,
  orderingAt,
}: Said & {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly orderingAt: string;
}): ConfigEvaluation | null {
  if (status === "INSUFFICIENT_DATA") return null;
  const annotation = toLine(message, maxAnnotation);
  return {
    ComplianceResourceType: resourceType,
    ComplianceResourceId: resourceId,
    ComplianceType: status,
    ...(annotation === "" ? {} : { Annotation: annotation }),
    OrderingTimestamp: new Date(orderingAt),
  };
}

/**
 * One verdict out of several on what is one resource for AWS Config: an Oracle container and its tenant databases, which Config does not know.
 * The worst wins, with its message: what is wrong counts however much else could not be seen. Without any verdict nothing was judged, which is no pass either.
 */
export function combine(verdicts: readonly Said[]): Said {
  for (const status of statuses) {
    const [first, ...more] = verdicts.filter((verdict) => verdict.status === status);
    if (first === undefined) continue;
    if (more.length === 0 || status === "COMPLIANT" || status === "NOT_APPLICABLE") return first;
    return { status, message: `${count(more.length + 1, "verdict")}, the first: ${first.message}` };
  }
  return { status: "INSUFFICIENT_DATA", message: "Nothing was judged." };
}
