import { ask, prepare, severityOf } from "../audit/judge.ts";
import { toReference } from "../collect/affected-databases.ts";
import type { ActionName } from "../model/action.ts";
import { turnOnCommand } from "../model/aws-cli.ts";
import { type Database, unknown } from "../model/database.ts";
import { isPass } from "../model/finding.ts";
import type { Inventory } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import { nothingMore, type RemediationEvent } from "../model/remediation-event.ts";
import { type RemediationRequest, toRequestDatabase } from "../model/remediation-request.ts";
import type { RemediationState, Running } from "../model/remediation-state.ts";
import type { Rule } from "../model/rule.ts";
import { ownToggleTagOf } from "../model/toggle-marker.ts";
import { interrupt, startedBy } from "../plan/remediation-state.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";
import { concludeRepaired, toReplaced } from "./conclude-repaired.ts";

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
  readonly notify: (event: RemediationEvent) => Promise<void>;
};

/**
 * Ends an execution that cannot end itself: tells what is known of it, and takes it out of the state, so that the next one can go on where
 * it was. It is taken out last: where it could not be told, whoever tries again tells it. Throws where either failed.
 */
export async function concludeLost(request: LostRequest): Promise<void> {
  const { running, policy, state, now } = request;
  const database = findDatabase(request);
  if (database !== null && isRepaired(database, request)) {
    const secretArn = database.masterUserSecret?.secretArn ?? null;
    return concludeRepaired({
      ...request,
      database: toRequestDatabase(database),
      secretArn,
      severity: severityOf(request.running.rule, request.policy, request.rules),
    });
  }
  await notifyLost(request);
  const { stopAfterFailures } = policy.remediation;
  await updateStored("the state of remediation", state, (present) =>
    interrupt(present, running.execution, { now, stopAfterFailures }),
  );
}

/**
 * Whether the rule that asked has nothing against a database whose secret is active; against one that is not managed, or whose secret is still
 * to be filled, most have nothing either.
 */
function isRepaired(database: Database, { running, inventory, policy, rules, now }: LostRequest) {
  const { arn, masterUserSecret } = database;
  const rule = rules.find(({ id }) => id === running.rule);
  if (rule === undefined || masterUserSecret?.status !== "active" || ownToggleTagOf(database) !== null) return false;
  for (const target of inventory?.targets ?? [])
    for (const one of prepare(target, policy, now))
      if (one.database.arn === arn) return isPass(ask(rule, one.database, one.context).message.status);
  return false;
}

/** Tells what is known of an execution that cannot end itself. */
export async function notifyLost(request: LostRequest): Promise<void> {
  const { running, state, now, notify } = request;
  const { execution, rule } = running;
  const database = findDatabase(request);
  const started = startedBy((await state.read()).value, running);
  const event: Omit<RemediationEvent, "type" | "message"> = {
    ...{ at: now, execution, action: started?.action ?? running.action, rule },
    severity: severityOf(request.running.rule, request.policy, request.rules),
    database: database === null ? toDatabase(running) : toRequestDatabase(database),
    ...nothingMore,
  };
  const secretArn = database?.masterUserSecret?.secretArn ?? null;
  if (started?.action === "enable" && secretArn !== null) await notify({ ...event, ...toReplaced(secretArn) });
  await notify({ ...event, ...describe(request, database, started?.action ?? null) });
}

function findDatabase({ running, inventory }: LostRequest): Database | null {
  const all = inventory?.targets.flatMap(({ databases }) => databases) ?? [];
  return all.find(({ arn }) => arn === running.arn) ?? null;
}

type LostNews = Pick<RemediationEvent, "type" | "message"> & Partial<Pick<RemediationEvent, "managed" | "recovery">>;

/** What is known; `begun` is the action that was begun last, if any. */
function describe({ running, how }: LostRequest, database: Database | null, started: ActionName | null): LostNews {
  const isVoid = "an approval that was asked for is void.";
  if (started === null)
    return { type: "remediation.refused", message: `${how} Nothing was changed by then; ${isVoid}` };
  const failed = (what: string): LostNews => ({ type: "remediation.failed", message: `${how} ${what}` });
  if (!running.isChanging) return failed(`By then it had failed, and ${running.action} was not begun; ${isVoid}`);
  if (database === null) return failed("The database could not be read since.");
  const { masterUserSecret } = database;
  if (masterUserSecret !== null) {
    const secret = masterUserSecret.status === "active" ? "" : `; its secret is ${masterUserSecret.status}`;
    return { ...failed(`RDS manages the master password${secret}.`), managed: true };
  }
  if (started !== "toggle" && started !== "finish-interrupted")
    return failed(
      `RDS does not manage the master password${started === "enable" ? ", as before" : ": somebody turned that off"}.`,
    );
  const toggleTag = ownToggleTagOf(database);
  const next =
    toggleTag === null
      ? "Its mark is gone, so no execution turns it on: that is left to you."
      : "The next execution turns it on, if you are not faster.";
  return {
    ...failed(`RDS does not manage the master password. ${next}`),
    managed: false,
    recovery: [turnOnCommand(database, toggleTag?.marker?.keyReference ?? null)],
  };
}

/** All that is known of a database that could not be read: the ARN of a tenant database does not name the instance that contains it. */
function toDatabase({ arn, account, region }: Running): RemediationRequest["database"] {
  const reference = toReference(arn);
  const named =
    reference === null
      ? { kind: "tenant-database" as const, identifier: `${unknown}/${arn.split(":").at(-1)}` }
      : { kind: reference.kind, identifier: reference.value };
  return { arn, ...named, resourceId: unknown, account, region };
}
