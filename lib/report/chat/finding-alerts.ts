import type { Change } from "../../model/change.ts";
import { isAtLeast, type Severity } from "../../model/finding.ts";
import { describeResource } from "../text/describe-database.ts";
import { type Group, groupBy } from "../text/group.ts";
import { type AlertMessage, type AlertOptions, limits, toLink, toMessage } from "./alert-message.ts";
import {
  compareChanges,
  compareGroups,
  countByState,
  describeChange,
  describeHowToExempt,
  isOpenViolation,
  needsAction,
  rulesOf,
  titleOf,
  toSlackScope,
} from "./describe-change.ts";
import { toSlackText } from "./slack-text.ts";
import { toSummaryAlert } from "./summary-alert.ts";

/** Above this number of databases, one summary replaces the messages for each database. */
const maxDatabaseAlerts = 5;

/**
 * Builds the alerts for changes to findings at or above the threshold: a message for each of a few databases, or a summary for many, with open
 * findings apart from resolved and exempt ones. If a finding changed several times since the last delivery, only its last change counts.
 */
export function toAlerts(changes: readonly Change[], options: AlertOptions): readonly AlertMessage[] {
  const byDatabase = groupChanges(changes, options.threshold);
  const alertEach = (databases: readonly Group<Change>[]) =>
    databases.map((ofDatabase) => toDatabaseAlert(ofDatabase, options));
  if (byDatabase.length <= maxDatabaseAlerts) return alertEach(byDatabase);
  const open = byDatabase.filter((ofDatabase) => ofDatabase.some(needsAction));
  const closed = byDatabase.filter((ofDatabase) => !ofDatabase.some(needsAction));
  return [
    ...(open.length <= maxDatabaseAlerts ? alertEach(open) : toSummaryAlert(open, options)),
    ...(closed.length === 1 ? alertEach(closed) : toSummaryAlert(closed, options)),
  ];
}

/** The last change of each finding at or above the threshold, by database, the most severe first. */
export function groupChanges(changes: readonly Change[], threshold: Severity): Group<Change>[] {
  const latest = [...new Map(changes.map((change) => [change.finding.id, change])).values()];
  const included = latest.filter(({ finding }) => isAtLeast(finding.severity, threshold)).sort(compareChanges);
  return groupBy(included, ({ finding }) => finding.resource.arn)
    .map(([, ofDatabase]) => ofDatabase)
    .sort(compareGroups);
}

function ownerLine({ owner }: Change["finding"]): string[] {
  return owner === null ? [] : [`Owner: ${toSlackText(owner, limits.name)}`];
}

/** The alert for all changes of one database, sorted most severe first. It belongs to the database's thread. */
function toDatabaseAlert(changes: Group<Change>, { reportUrl, exemptionTags }: AlertOptions): AlertMessage {
  const [worst] = changes;
  const { resource, severity, account, region, rule } = worst.finding;
  const isAlone = changes.length === 1;
  const name = describeResource(resource);
  const blocks = changes.map((change) => describeChange(change, { isAlone }));
  const heading = `*${toSlackText(name, limits.name)}* in ${toSlackScope(worst.finding)}`;
  return toMessage({
    title: titleOf(worst, changes.length - 1),
    blocks: isAlone ? blocks : [heading, ...blocks],
    lastLines: [...ownerLine(worst.finding), `ARN: \`${toSlackText(resource.arn, limits.id)}\``, ...toLink(reportUrl)],
    nextSteps: [
      ...(needsAction(worst) ? ["The first audit that finds it fixed reports it here."] : []),
      ...(isOpenViolation(worst) ? [describeHowToExempt(worst.at, { byTags: exemptionTags })] : []),
    ],
    keywords: [...(needsAction(worst) ? [severity] : []), ...rulesOf(changes), account, region],
    threadId: resource.arn,
    summary: `${name}: ${countByState(changes)}`,
    context: { type: worst.type, severity, rule, account, region, database: resource.identifier, arn: resource.arn },
  });
}
