import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import { type TemplateHookEvent, templateHookEventSchema } from "../lib/model/template-hook-event.ts";
import { judgeTarget } from "../lib/prevent/hook/judge-target.ts";
import { rules } from "../rules/index.ts";
import { answerErrors } from "./wiring/answer-errors.ts";
import { scopeOf } from "./wiring/invocation.ts";
import { packagedPolicy } from "./wiring/settings.ts";
import { logErrors, logger, metrics } from "./wiring/telemetry.ts";

const policy = packagedPolicy();

/** Judges a database for CloudFormation before its stack changes it. Answers every error as a failure. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(answerErrors)
  .use(logErrors)
  .use(parser({ schema: templateHookEventSchema }))
  .handler(async (event: TemplateHookEvent, context) => {
    const answer = judgeTarget(event, scopeOf(context).region, { policy, rules, now: new Date().toISOString() });
    logger.info("Judged a resource.", { stack: event.stackId, resource: event.requestData.targetLogicalId, answer });
    return answer;
  });
