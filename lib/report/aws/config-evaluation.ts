import type { Status } from "../../model/finding.ts";
import { count } from "../text/count.ts";
import { statuses } from "../text/group-findings.ts";
import { toLine } from "../text/truncate.ts";

/** An evaluation for `PutEvaluations`, as the SDK types it. */
export type ConfigEvaluation = Readonly<NonNullable<ReturnType<typeof toEvaluation>>>;

/** A compliance status and the sentence that explains it. */
export type ResourceVerdict = { readonly status: Status; readonly message: string };

/** Maximum characters of an annotation. Source: https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html */
const maxAnnotation = 256;

/**
 * The evaluation of one resource for AWS Config. Null for INSUFFICIENT_DATA: `PutEvaluations` rejects it, any other status would be a false claim,
 * and AWS Config keeps its previous one. `orderingAt` is the ISO 8601 time of the configuration item or of the notification.
 */
export function toEvaluation(
  verdict: ResourceVerdict & Readonly<{ resourceType: string; resourceId: string; orderingAt: string }>,
) {
  const { status, message, resourceType, resourceId, orderingAt } = verdict;
  if (status === "INSUFFICIENT_DATA") return null;
  const annotation = toLine(message, maxAnnotation);
  return {
    ComplianceResourceType: resourceType,
    ComplianceResourceId: resourceId,
    ComplianceType: status,
    ...(annotation !== "" && { Annotation: annotation }),
    OrderingTimestamp: new Date(orderingAt),
  };
}

/**
 * Combines the verdicts on one AWS Config resource: an Oracle container and its tenant databases, which AWS Config does not know. The worst status
 * wins, with its first message. INSUFFICIENT_DATA if there is no verdict.
 */
export function combineVerdicts(verdicts: readonly ResourceVerdict[]): ResourceVerdict {
  for (const status of statuses) {
    const [first, ...more] = verdicts.filter((verdict) => verdict.status === status);
    if (first === undefined) continue;
    if (more.length === 0 || status === "COMPLIANT" || status === "NOT_APPLICABLE") return first;
    return { status, message: `First of ${count(more.length + 1, "finding")}: ${first.message}` };
  }
  return { status: "INSUFFICIENT_DATA", message: "Nothing was evaluated." };
}
