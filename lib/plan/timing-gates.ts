import { toResourceName } from "../model/arn.ts";
import type { ClassifiedDatabase } from "../model/database.ts";
import type { Policy } from "../model/policy.ts";
import type { Running } from "../model/remediation-state.ts";
import { hoursBetween } from "../model/time.ts";
import { isOpen, nextOpening } from "../model/window.ts";
import { type Circumstances, closed, type GateVerdict, open } from "./gate-verdict.ts";
import { liveIn } from "./remediation-state.ts";

/** Checks that one of the database's windows is open. */
export function isInWindow({ database, policy, now }: Circumstances): GateVerdict {
  const windows = windowsOf(database, policy);
  if (windows === "any-time") return open("the policy allows it at any time");
  const name = `the window ${windows.join(", ")} (UTC)`;
  if (isOpen(windows, now)) return open(`${name} is open`);
  const opensAt = nextOpening(windows, now);
  return opensAt === null
    ? closed("RDS names no maintenance window for it: name one in remediation.window")
    : closed(`${name} is not open: wait until ${opensAt}`);
}

/** The windows that the policy gives a database: its own maintenance window, those that the policy names, or any time. */
export function windowsOf({ maintenanceWindow }: ClassifiedDatabase, policy: Policy): readonly string[] | "any-time" {
  const { window } = policy.remediation;
  if (window.includes("any-time")) return "any-time";
  return window.flatMap((one) => (one === "maintenance" ? (maintenanceWindow ?? []) : one));
}

/** Checks that the account and Region have a free slot. An execution checks again when it acquires its slot. */
export function isWithinBudget({
  database,
  state,
  policy,
  now,
  execution,
  plannedBefore,
  endedBefore = [],
}: Pick<Circumstances, "state" | "policy" | "now" | "execution" | "plannedBefore"> & {
  /** Actions that start and end before this one, each as in "toggle of DB instance orders". */
  readonly endedBefore?: readonly string[];
  readonly database: Pick<ClassifiedDatabase, "account" | "region">;
}): GateVerdict {
  const { atOnce, perDay } = policy.remediation.budget;
  const isHere = ({ account, region }: { account: string; region: string }) =>
    account === database.account && region === database.region;
  const changing = liveIn(state, now).filter((one) => isHere(one) && one.isChanging && one.execution !== execution);
  const today = state.attempts.filter(
    (one) => isHere(one) && one.outcome !== "rejected" && hoursBetween(one.endedAt, now) < 24,
  );
  const concurrent = [...changing.map(inShort), ...plannedBefore];
  const counted = [...today.map(inShort), ...endedBefore, ...concurrent];
  const scope = `in ${database.account} ${database.region}`;
  if (concurrent.length >= atOnce)
    return closed(
      `at most ${atOnce} at once ${scope}, and ${comeFirst(concurrent)}: wait, or raise remediation.budget.atOnce`,
    );
  if (counted.length >= perDay)
    return closed(
      `at most ${perDay} within 24 hours ${scope}, and ${comeFirst(counted)}: wait, or raise remediation.budget.perDay`,
    );
  return open(
    `${concurrent.length} of ${atOnce} slots at once and ${counted.length} of ${perDay} within 24 hours are in use`,
  );
}

function inShort({ action, arn }: Pick<Running, "action" | "arn">): string {
  return `${action} of ${toResourceName(arn)}`;
}

function comeFirst(names: readonly string[]): string {
  const rest = names.length - 3;
  const list = `${names.slice(0, 3).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  return `${list} ${names.length === 1 ? "comes" : "come"} first`;
}
