import { toResourceName } from "../model/arn.ts";
import type { ClassifiedDatabase } from "../model/database.ts";
import type { Running } from "../model/remediation-state.ts";
import { hoursBetween } from "../model/time.ts";
import { type Circumstances, closed, type GateVerdict, open } from "./gate-verdict.ts";
import { liveIn } from "./remediation-state.ts";

/** Checks that the account and Region have a free slot. An execution checks again when it acquires its slot. */
export function isWithinBudget({
  database,
  state,
  policy,
  now,
  execution,
  plannedBefore,
}: Pick<Circumstances, "state" | "policy" | "now" | "execution" | "plannedBefore"> & {
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
  const counted = [...today.map(inShort), ...concurrent];
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
