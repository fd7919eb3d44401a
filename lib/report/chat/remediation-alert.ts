import { describeDatabase } from "../../model/database.ts";
import type { RemediationEvent } from "../../model/remediation-event.ts";
import { type AlertMessage, limits, toMessage } from "./alert-message.ts";
import { describeRemediation } from "./describe-remediation.ts";
import { toSlackText } from "./slack-text.ts";

/** Formats an event of a repair as an alert, in the thread of the database's findings. */
export function toRemediationAlert(event: RemediationEvent): AlertMessage {
  const { type, action, rule, severity, database, execution } = event;
  const { arn, identifier, account, region } = database;
  const { icon, title, state, isUrgent, blocks, nextSteps } = describeRemediation(event);
  const head = `${icon} `;
  return toMessage({
    title: head + toSlackText(title, limits.title - head.length),
    blocks,
    lastLines: [`ARN: \`${toSlackText(arn, limits.id)}\``, `Execution: \`${toSlackText(execution, limits.id)}\``],
    nextSteps,
    keywords: [...(isUrgent ? [severity] : []), action, rule, account, region],
    threadId: arn,
    summary: `${describeDatabase(database)}: ${state}`,
    context: { type, action, severity, rule, account, region, database: identifier, arn, execution },
  });
}
