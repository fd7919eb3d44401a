import { setTimeout } from "node:timers/promises";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import * as z from "zod/mini";
import { executionEventSchema } from "../lib/model/execution-event.ts";
import { recheckEventSchema } from "../lib/model/recheck-event.ts";
import { recheckAndPublish } from "../lib/recheck-and-publish.ts";
import { rules } from "../rules/index.ts";
import { openEventAccount } from "./wiring/event-account.ts";
import { scopeOf } from "./wiring/invocation.ts";
import { openStartingRepairs } from "./wiring/repairs.ts";
import { createService, version } from "./wiring/service.ts";
import { packagedPolicy, readAuditSettings } from "./wiring/settings.ts";
import { logErrors, logger, metrics, record } from "./wiring/telemetry.ts";
import { startTimeLimits } from "./wiring/time-limits.ts";

const settings = readAuditSettings(process.env);
const policy = packagedPolicy();

const eventSchema = z.discriminatedUnion("detail-type", [recheckEventSchema, executionEventSchema]);

/**
 * Checks the databases that an event affects, publishes the changes, and starts repairs if the deployment has them. The event is of this
 * account, or of a member account if the deployment audits an organization.
 */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(logErrors)
  .use(parser({ schema: eventSchema }))
  .handler(async (event: z.infer<typeof eventSchema>, context) => {
    const limits = startTimeLimits(context);
    const account = await openEventAccount(event, { settings, policy, scope: scopeOf(context), limits });
    if (account === null) return { changes: 0 };
    const publication = await recheckAndPublish({
      ...createService(settings, policy, account, limits),
      event,
      invocation: context.awsRequestId,
      regions: settings.REGIONS,
      open: account.open,
      policy,
      rules,
      version,
      stop: limits.sending,
      repairs: openStartingRepairs(settings, limits),
      now: () => new Date().toISOString(),
      sleep: (seconds) => setTimeout(seconds * 1000),
    });
    if (publication === null) return { changes: 0 };
    record(publication, false);
    return { changes: publication.changes.length };
  });
