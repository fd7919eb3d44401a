import type { DurableContext } from "@aws/durable-execution-sdk-js";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import { executionModeDurableContext } from "@middy/core/DurableContext";
import * as z from "zod/mini";
import { createRunStore } from "../lib/aws/create-run-store.ts";
import { openOrganization } from "../lib/aws/open-organization.ts";
import { isExecutionRunning } from "../lib/aws/read-execution.ts";
import { coordinateRun } from "../lib/coordinate-run.ts";
import { rules } from "../rules/index.ts";
import { createDurableCoordination } from "./wiring/durable-coordination.ts";
import { scopeOf } from "./wiring/invocation.ts";
import { createPublisher, version } from "./wiring/service.ts";
import { packagedPolicy, readCoordinatorSettings } from "./wiring/settings.ts";
import { logErrors, logger, metrics, recordRun } from "./wiring/telemetry.ts";

const settings = readCoordinatorSettings(process.env);
const policy = packagedPolicy();

/**
 * The event of EventBridge Scheduler. The id is the scheduled time, the same in every delivery.
 *
 * ```json
 * { "id": "2026-11-24T06:00:00Z" }
 * ```
 */
const eventSchema = z.object({ id: z.string().check(z.minLength(1)) });

/**
 * Audits the organization in one durable execution: invokes a worker for each batch of accounts, and ends with the summary and the alert.
 * Lambda invokes it again after each wait, and then all code outside of steps runs again.
 */
export const handler = middy<unknown, unknown, Error, DurableContext>({
  executionMode: executionModeDurableContext,
  // A suspended invocation would leave the timer running.
  timeoutEarlyInMillis: 0,
})
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(logErrors)
  .use(parser({ schema: eventSchema }))
  .handler(async ({ id }: z.infer<typeof eventSchema>, context) => {
    const { region } = scopeOf(context.lambdaContext);
    const publishTo = createPublisher();
    const run = await coordinateRun(createDurableCoordination(context, settings.WORKER_FUNCTION_ARN), {
      ...{ id, policy, rules, version },
      execution: context.executionContext.durableExecutionArn,
      store: createRunStore({ bucket: settings.REPORT_BUCKET }),
      organization: await openOrganization({ region }),
      isRunning: (execution) => isExecutionRunning(execution),
      threshold: settings.ALERT_THRESHOLD,
      publishFindings: publishTo(settings.FINDINGS_TOPIC_ARN),
      publishAlerts: publishTo(settings.ALERTS_TOPIC_ARN),
      now: () => new Date().toISOString(),
    });
    recordRun(run);
    return run;
  });
