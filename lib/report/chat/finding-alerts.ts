import type { Change } from "../../model/change.ts";
import { isAtLeast } from "../../model/finding.ts";
import type { AlertMessage, AlertOptions } from "./alert-message.ts";
import { toDatabaseAlert } from "./database-alert.ts";
import { compareChanges, compareGroups, needsAction } from "./describe-change.ts";
import { toSummaryAlert } from "./summary-alert.ts";

/** Above this number of databases, one summary replaces the messages for each database. */
const maxDatabaseAlerts = 5;

/**
 * Builds the alerts for changes to findings at or above the threshold: a message for each of a few databases, or a summary for many, with open
 * findings apart from resolved and exempt ones. If a finding changed several times since the last delivery, only its last change counts.
 */
export function toAlerts(changes: readonly Change[], options: AlertOptions): readonly AlertMessage[] {
  const latest = [...new Map(changes.map((change) => [change.finding.id, change])).values()];
  const included = latest.filter(({ finding }) => isAtLeast(finding.severity, options.threshold)).sort(compareChanges);
  const byDatabase = [...Map.groupBy(included, ({ finding }) => finding.resource.arn).values()].sort(compareGroups);
  const alertEach = (databases: readonly (readonly Change[])[]) =>
    databases.flatMap((ofDatabase) => toDatabaseAlert(ofDatabase, options));
  if (byDatabase.length <= maxDatabaseAlerts) return alertEach(byDatabase);
  const open = byDatabase.filter((ofDatabase) => ofDatabase.some(needsAction));
  const closed = byDatabase.filter((ofDatabase) => !ofDatabase.some(needsAction));
  return [
    ...(open.length <= maxDatabaseAlerts ? alertEach(open) : toSummaryAlert(open, options)),
    ...(closed.length === 1 ? alertEach(closed) : toSummaryAlert(closed, options)),
  ];
}
