import type { Change } from "../../model/change.ts";
import { describeResource } from "../text/describe-database.ts";
import { type AlertMessage, type AlertOptions, limits, toLink, toMessage } from "./alert-message.ts";
import {
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

const nextUpdate = "The first audit that finds it fixed reports it here.";

/** The alert for all changes of one database, sorted most severe first. It belongs to the database's thread. */
export function toDatabaseAlert(changes: readonly Change[], options: AlertOptions): AlertMessage[] {
  const [worst] = changes;
  if (worst === undefined) return [];
  const { resource, severity, account, region, rule } = worst.finding;
  const isAlone = changes.length === 1;
  const name = describeResource(resource);
  const blocks = changes.map((change) => describeChange(change, { isAlone }));
  const heading = `*${toSlackText(name, limits.name)}* in ${toSlackScope(worst.finding)}`;
  return [
    toMessage({
      title: titleOf(worst, changes.length - 1),
      blocks: isAlone ? blocks : [heading, ...blocks],
      lastLines: [`ARN: \`${toSlackText(resource.arn, limits.id)}\``, ...toLink(options.reportUrl)],
      nextSteps: [
        ...(needsAction(worst) ? [nextUpdate] : []),
        ...(isOpenViolation(worst) ? [describeHowToExempt(worst.at, { byTags: options.exemptionTags })] : []),
      ],
      keywords: [...(needsAction(worst) ? [severity] : []), ...rulesOf(changes), account, region],
      threadId: resource.arn,
      summary: `${name}: ${countByState(changes)}`,
      context: { type: worst.type, severity, rule, account, region, database: resource.identifier, arn: resource.arn },
    }),
  ];
}
