import type { Change } from "../../model/change.ts";
import { isAtLeast } from "../../model/finding.ts";
import type { AlertMessage, AlertOptions } from "./alert-message.ts";
import { toDatabaseAlert } from "./database-alert.ts";
import { compareChanges, compareGroups, isBad } from "./describe-change.ts";
import { toSummaryAlert } from "./summary-alert.ts";

/** So many databases get a message each. */
const fewDatabases = 5;

/**
 * What people are told of changes to findings at or above a threshold: a message for each database where they are few, and one for all
 * where they are many, what is wrong apart from what is not any more. Of several changes of one finding, which are told late, the last
 * counts. Without changes nobody is told anything.
 */
export function toAlerts(changes: readonly Change[], options: AlertOptions): readonly AlertMessage[] {
  const latest = [...new Map(changes.map((change) => [change.finding.id, change])).values()];
  const notified = latest.filter(({ finding }) => isAtLeast(finding.severity, options.threshold)).sort(compareChanges);
  const byDatabase = [...Map.groupBy(notified, ({ finding }) => finding.resource.arn).values()].sort(compareGroups);
  const alertEach = (all: readonly (readonly Change[])[]) => all.flatMap((one) => toDatabaseAlert(one, options));
  if (byDatabase.length <= fewDatabases) return alertEach(byDatabase);
  const bad = byDatabase.filter((all) => all.some(isBad));
  const good = byDatabase.filter((all) => !all.some(isBad));
  return [
    ...(bad.length <= fewDatabases ? alertEach(bad) : toSummaryAlert(bad, options)),
    ...(good.length === 1 ? alertEach(good) : toSummaryAlert(good, options)),
  ];
}
