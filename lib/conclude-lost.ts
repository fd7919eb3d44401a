import { ask, prepare } from "./audit/judge.ts";
import { interrupt } from "./audit/keep-remediation.ts";
import { turnOnCommand } from "./audit/manual-step.ts";
import { toOrdered } from "./audit/plan.ts";
import { toReference } from "./audit/subjects.ts";
import { concludeInterrupted } from "./conclude-interrupted.ts";
import { type ClassifiedDatabase, toggleTag, unknown } from "./model/database.ts";
import type { Status } from "./model/finding.ts";
import type { Inventory } from "./model/inventory.ts";
import { parseMarker } from "./model/marker.ts";
import type { Order } from "./model/order.ts";
import type { Policy } from "./model/policy.ts";
import type { RemediationEvent } from "./model/remediation-event.ts";
import type { RemediationState, Running } from "./model/remediation-state.ts";
import type { Rule } from "./model/rule.ts";
import { type Stored, updateStored } from "./update-stored.ts";

export type LostRequest = {
  /** An execution that has a place, and of which nobody will hear any more. */
  readonly running: Running;
  /** How that is known, as a sentence. */
  readonly how: string;
  /** What was just read; null where that failed. */
  readonly inventory: Inventory | null;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: Stored<RemediationState>;
  /** ISO 8601. */
  readonly now: string;
  readonly tell: (event: RemediationEvent) => Promise<void>;
};

/** The database of an execution as it is now, and what the rule that asked for the repair says of it. */
type Seen = { readonly database: ClassifiedDatabase; readonly verdict: Status };

/**
 * Ends an execution that cannot end itself: tells what is known of it, and frees its place, so that the next one can go on where it was.
 * The place is freed last: where it could not be told, whoever tries again tells it. Throws where either failed.
 */
export async function concludeLost(request: LostRequest): Promise<void> {
  const { running, policy, rules, state, now, tell } = request;
  const seen = lookUp(request);
  const severity = policy.severities[running.rule] ?? rules.find(({ id }) => id === running.rule)?.severity ?? "high";
  if (seen?.verdict === "COMPLIANT" && seen.database.tags[toggleTag] === undefined) {
    const secretArn = seen.database.masterUserSecret?.secretArn ?? null;
    await concludeInterrupted({ ...request, database: toOrdered(seen.database), secretArn, severity });
    return;
  }
  const { execution, action, rule } = running;
  await tell({
    ...{ at: now, execution, action, rule, severity },
    database: seen === null ? toDatabase(running) : toOrdered(seen.database),
    ...{ secret: { before: null, after: null }, keyReference: null, approvalId: null, until: null, gates: [] },
    ...describe(request, seen?.database ?? null),
  });
  const { stopAfterFailures } = policy.remediation;
  await updateStored("the state of remediation", state, (present) =>
    interrupt(present, execution, { now, stopAfterFailures }),
  );
}

function lookUp({ running, inventory, policy, rules, now }: LostRequest): Seen | null {
  const rule = rules.find(({ id }) => id === running.rule);
  const target = inventory?.targets.find(({ databases }) => databases.some(({ arn }) => arn === running.arn));
  if (target === undefined) return null;
  for (const { database, context } of prepare(target, policy, now))
    if (database.arn === running.arn) {
      const verdict = rule === undefined ? "INSUFFICIENT_DATA" : ask(rule, database, context).message.status;
      return { database, verdict };
    }
  return null;
}

function describe(
  { running, how }: LostRequest,
  database: ClassifiedDatabase | null,
): Pick<RemediationEvent, "type" | "message" | "managed" | "recovery"> {
  if (!running.isChanging)
    return {
      type: "remediation.refused",
      message: `${how} Nothing was changed by then; an approval that was asked for is void.`,
      managed: null,
      recovery: [],
    };
  const type = "remediation.failed";
  if (database === null)
    return { type, message: `${how} The database could not be read since.`, managed: null, recovery: [] };
  if (database.masterUserSecret !== null)
    return { type, message: `${how} RDS manages the master password.`, managed: true, recovery: [] };
  if (running.action === "enable")
    return { type, message: `${how} RDS does not manage the master password, as before.`, managed: null, recovery: [] };
  const reference = parseMarker(database.tags[toggleTag] ?? "")?.keyReference ?? null;
  return {
    type,
    message: `${how} RDS does not manage the master password. The next execution turns it on, if you are not faster.`,
    managed: false,
    recovery: [turnOnCommand(database, { reference })],
  };
}

/** All that is known of a database that could not be read. */
function toDatabase({ arn, account, region }: Running): Order["database"] {
  const { kind, value } = toReference(arn) ?? { kind: "tenant-database" as const, value: arn.split(":").at(-1) ?? arn };
  return { arn, kind, identifier: value, resourceId: unknown, account, region };
}
