import type { ActionName } from "../model/action.ts";
import type { Severity } from "../model/finding.ts";
import type { Policy } from "../model/policy.ts";
import { nothingMore, type RemediationEvent } from "../model/remediation-event.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import type { RemediationState, Running } from "../model/remediation-state.ts";
import { release, startedBy } from "../plan/remediation-state.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";

export type ConcludeRequest = {
  /** What was begun, by an execution that was killed before it could say how it ended. */
  readonly running: Running;
  readonly database: RemediationRequest["database"];
  /** The ARN of the managed secret as it was just read. */
  readonly secretArn: string | null;
  readonly severity: Severity;
  readonly policy: Policy;
  readonly state: Stored<RemediationState>;
  /** ISO 8601. */
  readonly now: string;
  readonly notify: (event: RemediationEvent) => Promise<void>;
};

/**
 * Ends an execution that was killed, and whose rule was just seen to pass: tells what nobody was told, and frees its place. One that had
 * changed nothing only frees its place.
 */
export async function concludeRepaired(request: ConcludeRequest): Promise<void> {
  const { running, database, secretArn, severity, policy, state, now, notify } = request;
  const { execution, arn, account, region, rule } = running;
  const started = startedBy((await state.read()).value, running);
  const event = (
    action: ActionName,
    news: Pick<RemediationEvent, "type" | "message" | "secret">,
  ): RemediationEvent => ({
    ...{ at: now, execution, action, rule, severity, database },
    ...nothingMore,
    ...news,
  });
  if (started?.action === "enable") await notify(event(started.action, toReplaced(secretArn)));
  if (started !== null)
    await notify(
      event(started.action, {
        type: "remediation.succeeded",
        message: "It was interrupted, and is repaired: the rule that asked for it passes.",
        secret: { before: null, after: secretArn },
      }),
    );
  const attempts =
    started === null ? [] : [{ arn, account, region, rule, ...started, endedAt: now, outcome: "repaired" as const }];
  const { stopAfterFailures } = policy.remediation;
  await updateStored("the state of remediation", state, (present) =>
    release(present, execution, { attempts, now, stopAfterFailures }),
  );
}

/** What is told of a password that is in a secret since an execution was killed. */
export function toReplaced(secretArn: string | null) {
  const message = "The master password is in a secret now.";
  return { type: "secret.replaced" as const, message, secret: { before: null, after: secretArn } };
}
