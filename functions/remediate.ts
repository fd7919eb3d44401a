import type { DurableContext } from "@aws/durable-execution-sdk-js";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import { executionModeDurableContext } from "@middy/core/DurableContext";
import { createAccount } from "../lib/aws/create-account.ts";
import { toExecutionName } from "../lib/model/execution-event.ts";
import { type RemediationRequest, remediationRequestSchema } from "../lib/model/remediation-request.ts";
import { remediateDatabase } from "../lib/remediate-database.ts";
import { rules } from "../rules/index.ts";
import { createDurableWorkflow } from "./wiring/durable-workflow.ts";
import { scopeOf } from "./wiring/invocation.ts";
import { openRepairs } from "./wiring/repairs.ts";
import { packagedPolicy, readRemediationSettings } from "./wiring/settings.ts";
import { logErrors, logger, metrics, recordRemediation } from "./wiring/telemetry.ts";

const settings = readRemediationSettings(process.env);
const policy = packagedPolicy();

/**
 * Repairs one database in one durable execution. Lambda invokes it again after each wait, and then all code outside of steps runs again.
 * If the last action failed, the execution fails, which raises the alarm.
 */
export const handler = middy<unknown, unknown, Error, DurableContext>({
  executionMode: executionModeDurableContext,
  // A suspended invocation would leave the timer running.
  timeoutEarlyInMillis: 0,
})
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(logErrors)
  .use(parser({ schema: remediationRequestSchema }))
  .handler(async (request: RemediationRequest, context) => {
    const { account, region } = request.database;
    const { partition } = scopeOf(context.lambdaContext);
    const done = await remediateDatabase({
      ...{ request, policy, rules, approval: null, waits: true },
      ...openRepairs(settings),
      isEnabled: settings.REMEDIATION === "on",
      execution: toExecutionName(context.executionContext.durableExecutionArn),
      port: createAccount({ name: "this account" }).region({ account, region, partition }),
      workflow: createDurableWorkflow(context),
      now: () => new Date().toISOString(),
    });
    recordRemediation(done);
    return done;
  });
