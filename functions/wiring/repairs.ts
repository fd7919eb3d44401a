import { openBucket } from "../../lib/aws/open-bucket.ts";
import { publishMessages } from "../../lib/aws/publish-messages.ts";
import type { Repairs } from "../../lib/executions/reap-and-start.ts";
import { createNotifier } from "../../lib/publish/notify-remediation.ts";
import { remediationStateFile } from "../../lib/storage/stored-file.ts";
import type { AuditSettings, RemediationSettings } from "./settings.ts";
import { logger } from "./telemetry.ts";
import type { TimeLimits } from "./time-limits.ts";

/** Opens the stored remediation state and the notifier of this deployment. */
export function openRepairs(
  settings: Omit<RemediationSettings, "REMEDIATION">,
  { storing: signal }: Partial<Pick<TimeLimits, "storing">> = {},
): Pick<Repairs, "state" | "notify"> {
  const notify = createNotifier(
    (messages) => publishMessages(settings.FINDINGS_TOPIC_ARN, messages, { signal }),
    (messages) => publishMessages(settings.ALERTS_TOPIC_ARN, messages, { signal }),
  );
  return {
    state: openBucket({ bucket: settings.REPORT_BUCKET, signal }).stored(remediationStateFile),
    notify(event) {
      const { type, execution, action, database, message } = event;
      logger.info(message, { type, execution, action, database: database.arn });
      return notify(event);
    },
  };
}

/** The same, and the function that starts executions; null if remediation is off. */
export function openStartingRepairs(settings: AuditSettings, limits: TimeLimits): Repairs | null {
  const { REMEDIATE_FUNCTION_ARN: functionArn } = settings;
  if (functionArn === "") return null;
  return {
    ...openRepairs(settings, limits),
    async start(execution, request) {
      const { startExecution } = await import("../../lib/aws/start-execution.ts");
      const isStarted = await startExecution(functionArn, execution, request, { signal: limits.storing });
      logger.info(isStarted ? "Started a repair." : "The execution exists already.", { execution, request });
      return isStarted;
    },
  };
}
