import { setTimeout } from "node:timers/promises";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import { toSubjects } from "../lib/audit/subjects.ts";
import { createAccount } from "../lib/aws/create-account.ts";
import { type RecheckEvent, recheckEventSchema } from "../lib/model/recheck-event.ts";
import { publishReport } from "../lib/publish-report.ts";
import { recheckDatabases } from "../lib/recheck-databases.ts";
import { rules } from "../rules/index.ts";
import { partitionOf } from "./wiring/invocation.ts";
import { createService, version } from "./wiring/service.ts";
import { packagedPolicy, readAuditSettings } from "./wiring/settings.ts";
import { logErrors, logger, metrics, tell } from "./wiring/telemetry.ts";

const settings = readAuditSettings(process.env);
const policy = packagedPolicy();

/** Judges the databases that an event is about, and publishes what changed. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(logErrors)
  .use(parser({ schema: recheckEventSchema }))
  .handler(async (event: RecheckEvent, context) => {
    const { id, account, region } = event;
    const rechecked = await recheckDatabases({
      subjects: toSubjects(event),
      port: createAccount({ name: "this account" }).region({ account, region, partition: partitionOf(context) }),
      policy,
      rules,
      version,
      now: () => new Date().toISOString(),
      sleep: (seconds) => setTimeout(seconds * 1000),
    });
    if (rechecked === null) return { changes: 0 };
    const publication = await publishReport({ ...createService(settings, policy, account), ...rechecked, eventId: id });
    tell(publication, false);
    return { changes: publication.changes.length };
  });
