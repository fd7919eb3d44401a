import { applyRule, prepare, severityOf } from "../audit/judge.ts";
import type { ActionName } from "../model/action.ts";
import { toResourceName } from "../model/arn.ts";
import { turnOnCommand } from "../model/aws-cli.ts";
import { type Database, isSameDatabase, toReference, unknown } from "../model/database.ts";
import { isPass } from "../model/finding.ts";
import type { Inventory } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import { noDetails, type RemediationEvent } from "../model/remediation-event.ts";
import { type RemediationRequest, toRequestDatabase } from "../model/remediation-request.ts";
import type { RemediationState, Running } from "../model/remediation-state.ts";
import type { Rule } from "../model/rule.ts";
import { ownToggleTagOf } from "../model/toggle-marker.ts";
import { forget, interrupt, lastStarted, liveIn } from "../plan/remediation-state.ts";
import type { Stored } from "../storage/update-stored.ts";
import { releaseSlot, updateState } from "./slot.ts";

type ReapOptions = {
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly state: Stored<RemediationState>;
  /** ISO 8601. */
  readonly now: string;
  readonly notify: (event: RemediationEvent) => Promise<void>;
};

export type ReapRequest = ReapOptions & {
  /** Read just now. */
  readonly inventory: Inventory;
  /** True if a database that is not in the inventory is gone or could not be read; false if it was not asked for. */
  readonly isFull?: boolean;
  /** An execution that is known to be dead although its lease has not expired, and the cause as a sentence. */
  readonly lost?: { readonly execution: string; readonly how: string } | null;
};

/** A dead execution that still holds a slot. */
export type DeadExecution = ReapOptions & {
  readonly running: Running;
  /** The cause, as a sentence. */
  readonly how: string;
  /** Read just now; null if that failed. */
  readonly inventory: Inventory | null;
};

/**
 * Ends each dead execution. For each database without a live execution, announces a secret that nothing has announced, and removes the secret
 * snapshot if the database has no toggle tag of its own.
 */
export async function reapExecutions(request: ReapRequest): Promise<void> {
  const { inventory, isFull = false, lost = null, state, now } = request;
  const { value } = await state.read();
  const databases = inventory.targets.flatMap((target) => target.databases);
  const live = liveIn(value, now).filter(({ execution }) => execution !== lost?.execution);
  for (const database of databases) {
    const { resourceId } = database;
    if (live.some((one) => isSameDatabase(one, database))) continue;
    await announceSecret(request, database);
    if (resourceId in value.secretSnapshots && ownToggleTagOf(database) === null)
      await updateState(state, (present) => forget(present, resourceId, ["secretSnapshots"]));
  }
  for (const running of value.running.filter((one) => !live.includes(one))) {
    const isLost = running.execution === lost?.execution;
    if (!isLost && !isFull && !databases.some((one) => isSameDatabase(one, running))) continue;
    await reapExecution({ ...request, running, how: isLost ? lost.how : describeExpired(running) });
  }
}

/** Announces the first secret of a database if the execution that turned management on did not. Throws if that fails, so that it is retried. */
export async function announceSecret(
  { policy, rules, state, now, notify }: ReapOptions,
  database: Database,
): Promise<void> {
  const { resourceId, masterUserSecret } = database;
  const unannounced = (await state.read()).value.unannounced[resourceId];
  const secretArn = masterUserSecret?.secretArn ?? null;
  if (unannounced === undefined || secretArn === null) return;
  const severity = severityOf(unannounced.rule, policy, rules);
  await notify({
    ...{ at: now, ...unannounced, action: "enable", severity, database: toRequestDatabase(database), ...noDetails },
    type: "secret.replaced",
    message: "The master password is now in a secret.",
    secret: { before: null, after: secretArn },
    keyReference: masterUserSecret?.kmsKeyId ?? null,
  });
  await updateState(state, (present) => forget(present, resourceId, ["unannounced"]));
}

function describeExpired({ execution, since }: Running): string {
  return `Interrupted: the lease of execution ${execution}, started at ${since}, expired.`;
}

/** Reports a dead execution, then removes it, so that a failed report is retried. Throws if either fails. */
export async function reapExecution(dead: DeadExecution): Promise<void> {
  if (await reapIfRepaired(dead)) return;
  await reportDead(dead);
  const { running, policy, state, now } = dead;
  const { stopAfterFailures } = policy.remediation;
  await updateState(state, (present) => interrupt(present, running.execution, { now, stopAfterFailures }));
}

/** Ends a dead execution as succeeded if its rule passes: reports it, if it had started an action, and frees its slot. Otherwise returns false. */
export async function reapIfRepaired(dead: Omit<DeadExecution, "how">): Promise<boolean> {
  const { running, now, notify } = dead;
  const database = findDatabase(dead);
  if (database === null || !isRepaired(database, dead)) return false;
  const { execution, resourceId, arn, account, region, rule } = running;
  const { started, event } = await toEvent(dead, database);
  const secretArn = database.masterUserSecret?.secretArn ?? null;
  await announceSecret(dead, database);
  if (started !== null)
    await notify({
      ...event,
      type: "remediation.succeeded",
      message: "Interrupted, but repaired: the rule passes.",
      secret: { before: null, after: secretArn },
    });
  await releaseSlot({ ...dead, execution }, now, () =>
    started === null ? [] : [{ resourceId, arn, account, region, rule, ...started, endedAt: now, outcome: "repaired" }],
  );
  return true;
}

/** The rule passes, the secret is active, and no toggle is in progress. Most rules also pass without an active secret. */
function isRepaired(database: Database, { running, inventory, policy, rules, now }: Omit<DeadExecution, "how">) {
  const { masterUserSecret } = database;
  const rule = rules.find(({ id }) => id === running.rule);
  if (rule === undefined || masterUserSecret?.status !== "active" || ownToggleTagOf(database) !== null) return false;
  for (const target of inventory?.targets ?? [])
    for (const one of prepare(target, policy, now))
      if (isSameDatabase(one.database, database))
        return isPass(applyRule(rule, one.database, one.context).message.status);
  return false;
}

/** Publishes what is known of a dead execution. */
export async function reportDead(dead: DeadExecution): Promise<void> {
  const database = findDatabase(dead);
  const { started, event } = await toEvent(dead, database);
  if (database !== null) await announceSecret(dead, database);
  await dead.notify({ ...event, ...describeEnd(dead, database, started?.action ?? null) });
}

function findDatabase({ running, inventory }: Pick<DeadExecution, "running" | "inventory">): Database | null {
  const all = inventory?.targets.flatMap(({ databases }) => databases) ?? [];
  return all.find((one) => isSameDatabase(one, running)) ?? null;
}

/** What all events about a dead execution share, and the action that it started last. */
async function toEvent({ running, policy, rules, state, now }: Omit<DeadExecution, "how">, database: Database | null) {
  const { execution, rule } = running;
  const started = lastStarted((await state.read()).value, running);
  const event: Omit<RemediationEvent, "type" | "message"> = {
    ...{ at: now, execution, action: started?.action ?? running.action, rule },
    severity: severityOf(rule, policy, rules),
    database: database === null ? toUnreadDatabase(running) : toRequestDatabase(database),
    ...noDetails,
  };
  return { started, event };
}

type EndDetails = Pick<RemediationEvent, "type" | "message"> & Partial<Pick<RemediationEvent, "managed" | "recovery">>;

/** `started` is the action that the execution started last, or null. */
function describeEnd(
  { running, how }: DeadExecution,
  database: Database | null,
  started: ActionName | null,
): EndDetails {
  const isVoid = "Any pending approval is void.";
  if (started === null) return { type: "remediation.refused", message: `${how} Nothing was changed. ${isVoid}` };
  const failed = (what: string): EndDetails => ({ type: "remediation.failed", message: `${how} ${what}` });
  if (!running.isChanging) return failed(`It had already failed, and ${running.action} was not started. ${isVoid}`);
  if (database === null) return failed("The database could not be read since then.");
  const { masterUserSecret } = database;
  if (masterUserSecret !== null) {
    const secret = masterUserSecret.status === "active" ? "" : `; its secret is ${masterUserSecret.status}`;
    return { ...failed(`RDS manages the master password${secret}.`), managed: true };
  }
  if (started === "enable") return failed("RDS does not manage the master password, as before.");
  if (started !== "toggle" && started !== "finish-interrupted")
    return failed("RDS does not manage the master password: another caller turned management off.");
  const toggleTag = ownToggleTagOf(database);
  const next =
    toggleTag === null
      ? "The toggle tag is missing, so no execution will turn it on: turn it on yourself."
      : "The next execution will turn it on, unless you do so first.";
  return {
    ...failed(`RDS does not manage the master password. ${next}`),
    managed: false,
    recovery: [turnOnCommand(database, toggleTag?.marker?.keyReference ?? null)],
  };
}

/** A database that could not be read, by its resource ID and the ARN that it had. The ARN of a tenant database does not name its container. */
function toUnreadDatabase({ resourceId, arn, account, region }: Running): RemediationRequest["database"] {
  const reference = toReference(arn);
  const named =
    reference === null
      ? { kind: "tenant-database" as const, identifier: `${unknown}/${toResourceName(arn)}` }
      : { kind: reference.kind, identifier: reference.value };
  return { arn, ...named, resourceId, account, region };
}
