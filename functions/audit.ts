import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import * as z from "zod/mini";
import { auditAndPublish } from "../lib/audit-and-publish.ts";
import { createAccount } from "../lib/aws/create-account.ts";
import { rules } from "../rules/index.ts";
import { scopeOf } from "./wiring/invocation.ts";
import { openStartingRepairs } from "./wiring/repairs.ts";
import { createService, version } from "./wiring/service.ts";
import { packagedPolicy, packagedPolicyFile, readAuditSettings } from "./wiring/settings.ts";
import { createPageCounter, logErrors, logger, metrics, record } from "./wiring/telemetry.ts";
import { startTimeLimits } from "./wiring/time-limits.ts";

const settings = readAuditSettings(process.env);
const policy = packagedPolicy();

/**
 * The event of EventBridge Scheduler. The id is the scheduled time, the same in every delivery.
 *
 * ```json
 * { "id": "2026-11-24T06:00:00Z" }
 * ```
 */
const eventSchema = z.object({ id: z.string().check(z.minLength(1)) });

/** Audits this account in the configured Regions, publishes the changes, and starts repairs if the deployment has them. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(logErrors)
  .use(parser({ schema: eventSchema }))
  .handler(async ({ id }: z.infer<typeof eventSchema>, context) => {
    const limits = startTimeLimits(context);
    const pages = createPageCounter();
    const publication = await auditAndPublish({
      ...createService(settings, policy, scopeOf(context), limits),
      accounts: [createAccount({ name: "this account", signal: limits.reading, onFallback: pages.onFallback })],
      regions: settings.REGIONS,
      policy,
      rules,
      version,
      asked: { command: `function ${context.functionName}, event ${id}`, policy: packagedPolicyFile() },
      eventId: id,
      invocation: context.awsRequestId,
      stop: limits.sending,
      repairs: openStartingRepairs(settings, limits),
      now: () => new Date().toISOString(),
    });
    record(publication, true);
    pages.record();
    return { changes: publication.changes.length, clean: publication.report.clean };
  });
