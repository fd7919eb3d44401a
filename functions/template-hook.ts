import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import { type TemplateHookEvent, templateHookEventSchema } from "../lib/model/template-hook-event.ts";
import { judgeEvent } from "../lib/prevent/hook/judge-event.ts";
import { rules } from "../rules/index.ts";
import { answerErrors } from "./wiring/answer-errors.ts";
import { scopeOf } from "./wiring/invocation.ts";
import { readPayload } from "./wiring/read-payload.ts";
import { packagedPolicy } from "./wiring/settings.ts";
import { logErrors, logger, metrics } from "./wiring/telemetry.ts";

const policy = packagedPolicy();

/** Judges databases for CloudFormation before they change, and stacks before they do. Answers every error as a failure. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(answerErrors)
  .use(logErrors)
  .use(parser({ schema: templateHookEventSchema }))
  .handler(async (event: TemplateHookEvent, context) => {
    const { stackId: stack, requestData } = event;
    const port = { region: scopeOf(context).region, readPayload };
    const answer = await judgeEvent(event, port, { policy, rules, now: new Date().toISOString() });
    logger.info("Judged a target.", { stack, target: requestData.targetLogicalId ?? requestData.targetName, answer });
    return answer;
  });
