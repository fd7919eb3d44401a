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
import { forget, interrupt, lastStarted, liveIn, release } from "../plan/remediation-state.ts";
import type { RepairNotification } from "../remediate/repair.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";

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
      await updateStored(state, (present) => forget(present, resourceId, ["secretSnapshots"]));
  }
  for (const running of value.running.filter((one) => !live.includes(one))) {
    const isLost = running.execution === lost?.execution;
    if (!isLost && !isFull && !databases.some((one) => isSameDatabase(one, running))) continue;
    await reapExecution({ ...request, running, how: isLost ? lost.how : describeExpired(running) });
  }
}

/** Announces the first secret of a database if the execution that turned management on did not. Throws if that fails, so that it is retried. */
export async function announceSecret(options: ReapOptions, database: Database): Promise<void> {
  const { policy, rules, state, now, notify } = options;
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
  await updateStored(state, (present) => forget(present, resourceId, ["unannounced"]));
}

function describeExpired({ execution, since }: Running): string {
  return `Interrupted: the lease of execution ${execution}, started at ${since}, expired.`;
}

/** Reports a dead execution, then removes it, so that a failed report is retried. Throws if either fails. */
export async function reapExecution(dead: DeadExecution): Promise<void> {
  await reportDead(dead);
  const { running, policy, state, now } = dead;
  const { execution, rule, resourceId, arn, account, region } = running;
  const { stopAfterFailures } = policy.remediation;
  await updateStored(state, (present) => {
    if (!isRepaired(dead)) return interrupt(present, execution, { now, stopAfterFailures });
    const started = lastStarted(present, running);
    const attempt = { resourceId, arn, account, region, rule, endedAt: now, outcome: "repaired" as const };
    const attempts = started === null ? [] : [{ ...attempt, ...started }];
    return release(present, execution, { attempts, now, stopAfterFailures });
  });
}

/** Ends a dead execution as succeeded if its rule passes; otherwise returns false. */
export async function reapIfRepaired(dead: Omit<DeadExecution, "how">): Promise<boolean> {
  if (!isRepaired(dead)) return false;
  await reapExecution({ ...dead, how: "" });
  return true;
}

/** The rule passes, the secret is active, and no toggle is in progress. Most rules also pass without an active secret. */
function isRepaired(dead: Omit<DeadExecution, "how">): boolean {
  const { running, inventory, policy, rules, now } = dead;
  const database = findDatabase(dead);
  const rule = rules.find(({ id }) => id === running.rule);
  if (rule === undefined || database?.masterUserSecret?.status !== "active") return false;
  if (ownToggleTagOf(database) !== null) return false;
  const prepared = inventory?.targets.flatMap((target) => [...prepare(target, policy, now)]) ?? [];
  const found = prepared.find((one) => isSameDatabase(one.database, database));
  return found !== undefined && isPass(applyRule(rule, found.database, found.context).message.status);
}

/** Publishes what is known of a dead execution. Nothing if its rule passes and it had started no action. */
export async function reportDead(dead: DeadExecution): Promise<void> {
  const { running, policy, rules, state, now } = dead;
  const { execution, rule } = running;
  const database = findDatabase(dead);
  const started = lastStarted((await state.read()).value, running)?.action ?? null;
  if (database !== null) await announceSecret(dead, database);
  if (started === null && isRepaired(dead)) return;
  await dead.notify({
    ...{ at: now, execution, action: started ?? running.action, rule, severity: severityOf(rule, policy, rules) },
    database: database === null ? toUnreadDatabase(running) : toRequestDatabase(database),
    ...noDetails,
    ...describeEnd(dead, database, started),
  });
}

function findDatabase({ running, inventory }: Pick<DeadExecution, "running" | "inventory">): Database | null {
  const all = inventory?.targets.flatMap(({ databases }) => databases) ?? [];
  return all.find((one) => isSameDatabase(one, running)) ?? null;
}

/** `started` is the action that the execution started last, or null. */
function describeEnd(dead: DeadExecution, database: Database | null, started: ActionName | null): RepairNotification {
  const { running, how } = dead;
  if (isRepaired(dead)) {
    const secret = { before: null, after: database?.masterUserSecret?.secretArn ?? null };
    return { type: "remediation.succeeded", message: "Interrupted, but repaired: the rule passes.", secret };
  }
  const isVoid = "Any pending approval is void.";
  if (started === null) return { type: "remediation.refused", message: `${how} Nothing was changed. ${isVoid}` };
  const failed = (what: string): RepairNotification => ({ type: "remediation.failed", message: `${how} ${what}` });
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
