import type { Change } from "../../model/change.ts";
import { describeResource } from "../text/describe-resource.ts";
import { type AlertMessage, type AlertOptions, limits, toLink, toMessage } from "./alert-message.ts";
import {
  describeChange,
  describeCounts,
  isBad,
  isViolationNow,
  rulesOf,
  titleOf,
  toSlackScope,
} from "./describe-change.ts";
import { describeExempting } from "./describe-remedy.ts";
import { toSlackText } from "./slack-text.ts";

const closing = "When an audit sees that it is fixed, it says so here.";

/** All changes of one database in a message of its own, which stands in the thread of that database; they come the worst first. */
export function toDatabaseAlert(changes: readonly Change[], options: AlertOptions): AlertMessage[] {
  const [worst] = changes;
  if (worst === undefined) return [];
  const { resource, severity, account, region, rule } = worst.finding;
  const isAlone = changes.length === 1;
  const name = describeResource(resource);
  const blocks = changes.map((change) => describeChange(change, { isAlone }));
  const where = `*${toSlackText(name, limits.name)}* in ${toSlackScope(worst.finding)}`;
  return [
    toMessage({
      title: titleOf(worst, changes.length - 1),
      blocks: isAlone ? blocks : [where, ...blocks],
      lastLines: [`ARN: \`${toSlackText(resource.arn, limits.id)}\``, ...toLink(options.reportUrl)],
      nextSteps: [
        ...(isBad(worst) ? [closing] : []),
        ...(isViolationNow(worst) ? [describeExempting(worst.at, { byTags: options.exemptionTags })] : []),
      ],
      keywords: [...(isBad(worst) ? [severity] : []), ...rulesOf(changes), account, region],
      threadId: resource.arn,
      summary: `${name}: ${describeCounts(changes)}`,
      context: { type: worst.type, severity, rule, account, region, database: resource.identifier, arn: resource.arn },
    }),
  ];
}
