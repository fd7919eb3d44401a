import { isSameDatabase } from "../model/database.ts";
import type { RemediationState } from "../model/remediation-state.ts";
import { type Message, type Rule, statusOf } from "../model/rule.ts";
import { liveIn } from "../plan/remediation-state.ts";
import type { Stored } from "../storage/update-stored.ts";

/** Rules that a toggle violates while it is healthy. */
const violatedByToggles = ["toggle-not-interrupted", "master-password-managed"];

const repairing: Message = {
  status: "INSUFFICIENT_DATA",
  text: "{database} is being repaired: the execution {execution} has been working on it since {since}.",
  remedy: "Wait for the outcome of the execution, which is announced.",
};

/**
 * The rules as they judge while executions run: that management is off is no violation while a live execution toggles the database. If the
 * repair state cannot be read, no execution is known to be live.
 */
export async function judgeRepairs(
  rules: readonly Rule[],
  { state }: { readonly state: Stored<RemediationState> },
  { now, lost }: { readonly now: string; readonly lost: string | null },
): Promise<readonly Rule[]> {
  const running = await state.read().then(
    ({ value }) => liveIn(value, now),
    () => [],
  );
  const toggling = running.filter(
    ({ execution, action, isChanging }) =>
      isChanging && execution !== lost && (action === "toggle" || action === "finish-interrupted"),
  );
  if (toggling.length === 0) return rules;
  return rules.map((rule) => {
    if (!violatedByToggles.includes(rule.id)) return rule;
    const check: Rule["check"] = (database, context) => {
      const verdict = rule.check(database, context);
      const live = toggling.find((one) => isSameDatabase(one, database));
      if (live === undefined || statusOf(rule, verdict) !== "NON_COMPLIANT") return verdict;
      return { messageId: "repairing", data: { execution: live.execution, since: live.since } };
    };
    return { ...rule, messages: { ...rule.messages, repairing }, check };
  });
}
