import { ask, prepare, severityOf } from "../audit/judge.ts";
import { begunBy, interrupt } from "../plan/remediation-state.ts";
import { toReference } from "../collect/affected-databases.ts";
import { concludeRepaired, toReplaced } from "./conclude-repaired.ts";
import type { ActionName } from "../model/action.ts";
import { turnOnCommand } from "../model/aws-cli.ts";
import { type Database, unknown } from "../model/database.ts";
import { isPass } from "../model/finding.ts";
import type { Inventory } from "../model/inventory.ts";
import { ownMarkOf } from "../model/toggle-marker.ts";
import { type Order, toOrdered } from "../model/remediation-request.ts";
import type { Policy } from "../model/policy.ts";
import { nothingMore, type RemediationEvent } from "../model/remediation-event.ts";
import type { RemediationState, Running } from "../model/remediation-state.ts";
import type { Rule } from "../model/rule.ts";
import { type Stored, updateStored } from "../storage/update-stored.ts";

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

/**
 * Ends an execution that cannot end itself: tells what is known of it, and takes it out of the state, so that the next one can go on where
 * it was. It is taken out last: where it could not be told, whoever tries again tells it. Throws where either failed.
 */
export async function concludeLost(request: LostRequest): Promise<void> {
  const { running, policy, state, now } = request;
  const database = lookUp(request);
  if (database !== null && isRepaired(database, request)) {
    const secretArn = database.masterUserSecret?.secretArn ?? null;
    return concludeRepaired({
      ...request,
      database: toOrdered(database),
      secretArn,
      severity: severityOf(request.running.rule, request.policy, request.rules),
    });
  }
  await tellLost(request);
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
  if (rule === undefined || masterUserSecret?.status !== "active" || ownMarkOf(database) !== null) return false;
  for (const target of inventory?.targets ?? [])
    for (const one of prepare(target, policy, now))
      if (one.database.arn === arn) return isPass(ask(rule, one.database, one.context).message.status);
  return false;
}

/** Tells what is known of an execution that cannot end itself. */
export async function tellLost(request: LostRequest): Promise<void> {
  const { running, state, now, tell } = request;
  const { execution, rule } = running;
  const database = lookUp(request);
  const begun = begunBy((await state.read()).value, running);
  const event: Omit<RemediationEvent, "type" | "message"> = {
    ...{ at: now, execution, action: begun?.action ?? running.action, rule },
    severity: severityOf(request.running.rule, request.policy, request.rules),
    database: database === null ? toDatabase(running) : toOrdered(database),
    ...nothingMore,
  };
  const secretArn = database?.masterUserSecret?.secretArn ?? null;
  if (begun?.action === "enable" && secretArn !== null) await tell({ ...event, ...toReplaced(secretArn) });
  await tell({ ...event, ...describe(request, database, begun?.action ?? null) });
}

function lookUp({ running, inventory }: LostRequest): Database | null {
  const all = inventory?.targets.flatMap(({ databases }) => databases) ?? [];
  return all.find(({ arn }) => arn === running.arn) ?? null;
}

type Told = Pick<RemediationEvent, "type" | "message"> & Partial<Pick<RemediationEvent, "managed" | "recovery">>;

/** What is known; `begun` is the action that was begun last, if any. */
function describe({ running, how }: LostRequest, database: Database | null, begun: ActionName | null): Told {
  const isVoid = "an approval that was asked for is void.";
  if (begun === null) return { type: "remediation.refused", message: `${how} Nothing was changed by then; ${isVoid}` };
  const failed = (what: string): Told => ({ type: "remediation.failed", message: `${how} ${what}` });
  if (!running.isChanging) return failed(`By then it had failed, and ${running.action} was not begun; ${isVoid}`);
  if (database === null) return failed("The database could not be read since.");
  const { masterUserSecret } = database;
  if (masterUserSecret !== null) {
    const secret = masterUserSecret.status === "active" ? "" : `; its secret is ${masterUserSecret.status}`;
    return { ...failed(`RDS manages the master password${secret}.`), managed: true };
  }
  if (begun !== "toggle" && begun !== "finish-interrupted")
    return failed(
      `RDS does not manage the master password${begun === "enable" ? ", as before" : ": somebody turned that off"}.`,
    );
  const mark = ownMarkOf(database);
  const next =
    mark === null
      ? "Its mark is gone, so no execution turns it on: that is left to you."
      : "The next execution turns it on, if you are not faster.";
  return {
    ...failed(`RDS does not manage the master password. ${next}`),
    managed: false,
    recovery: [turnOnCommand(database, mark?.marker?.keyReference ?? null)],
  };
}

/** All that is known of a database that could not be read: the ARN of a tenant database does not name the instance that contains it. */
function toDatabase({ arn, account, region }: Running): Order["database"] {
  const reference = toReference(arn);
  const named =
    reference === null
      ? { kind: "tenant-database" as const, identifier: `${unknown}/${arn.split(":").at(-1)}` }
      : { kind: reference.kind, identifier: reference.value };
  return { arn, ...named, resourceId: unknown, account, region };
}
