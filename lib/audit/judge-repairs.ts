import { isSameDatabase } from "../model/database.ts";
import type { Running } from "../model/remediation-state.ts";
import { type Message, type Rule, statusOf } from "../model/rule.ts";

/** Rules that a toggle violates while it is healthy. */
const violatedByToggles = ["toggle-not-interrupted", "master-password-managed"];

const repairing: Message = {
  status: "INSUFFICIENT_DATA",
  text: "{database} is being repaired: the execution {execution} has been working on it since {since}.",
  remedy: "Wait for the outcome of the execution, which is announced.",
};

/** The rules as they judge while these executions run: that management is off is no violation while a live execution toggles the database. */
export function judgeRepairs(rules: readonly Rule[], live: readonly Running[]): readonly Rule[] {
  const toggling = live.filter(
    ({ action, isChanging }) => isChanging && (action === "toggle" || action === "finish-interrupted"),
  );
  if (toggling.length === 0) return rules;
  return rules.map((rule) => {
    if (!violatedByToggles.includes(rule.id)) return rule;
    const check: Rule["check"] = (database, context) => {
      const verdict = rule.check(database, context);
      const running = toggling.find((one) => isSameDatabase(one, database));
      if (running === undefined || statusOf(rule, verdict) !== "NON_COMPLIANT") return verdict;
      return { messageId: "repairing", data: { execution: running.execution, since: running.since } };
    };
    return { ...rule, messages: { ...rule.messages, repairing }, check };
  });
}
