import type { Change } from "../../model/change.ts";
import { isAtLeast, type Severity } from "../../model/finding.ts";
import type { AlertMessage } from "./alert-message.ts";
import { toCrowdAlert } from "./summary-alert.ts";
import { toDatabaseAlert } from "./database-alert.ts";
import { compareChanges, compareGroups, isBad } from "./describe-change.ts";

/** Whom to tell and what: `exemptionTags` is the policy's, whether tags on a database may exempt it. */
export type AlertOptions = {
  readonly threshold: Severity;
  readonly reportUrl: string | null;
  readonly exemptionTags: boolean;
};

/** So many databases get a message each. */
const fewDatabases = 5;

/**
 * What people are told of changes to findings at or above a threshold: a message for each database where they are few, and one for all
 * where they are many, what is wrong apart from what is not any more. Of several changes of one finding, which are told late, the last
 * counts. Without changes nobody is told anything.
 */
export function toAlerts(changes: readonly Change[], options: AlertOptions): readonly AlertMessage[] {
  const latest = [...new Map(changes.map((change) => [change.finding.id, change])).values()];
  const told = latest.filter(({ finding }) => isAtLeast(finding.severity, options.threshold)).sort(compareChanges);
  const byDatabase = [...Map.groupBy(told, ({ finding }) => finding.resource.arn).values()].sort(compareGroups);
  const tellEach = (all: readonly (readonly Change[])[]) => all.flatMap((one) => toDatabaseAlert(one, options));
  if (byDatabase.length <= fewDatabases) return tellEach(byDatabase);
  const bad = byDatabase.filter((all) => all.some(isBad));
  const good = byDatabase.filter((all) => !all.some(isBad));
  return [
    ...(bad.length <= fewDatabases ? tellEach(bad) : toCrowdAlert(bad, options)),
    ...(good.length === 1 ? tellEach(good) : toCrowdAlert(good, options)),
  ];
}
