import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import { assumeRole } from "../lib/aws/assume-role.ts";
import { createConfig } from "../lib/aws/config-service.ts";
import { createAccount } from "../lib/aws/create-account.ts";
import { evaluateRule } from "../lib/evaluate-rule.ts";
import { type ConfigEvent, configEventSchema } from "../lib/model/config-event.ts";
import { findRule } from "../rules/index.ts";
import { scopeOf } from "./wiring/invocation.ts";
import { packagedPolicy } from "./wiring/settings.ts";
import { logErrors, logger, metrics, recordEvaluation } from "./wiring/telemetry.ts";
import { startTimeLimits } from "./wiring/time-limits.ts";

const policy = packagedPolicy();

/** Evaluates a rule for AWS Config, for one changed database or for all of the Region. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(logErrors)
  .use(parser({ schema: configEventSchema }))
  .handler(async (event: ConfigEvent, context) => {
    const { accountId: account, executionRoleArn, resultToken, ruleParameters } = event;
    const scope = scopeOf(context);
    const isForeign = account !== scope.account && executionRoleArn !== undefined;
    const credentials = isForeign ? { credentials: assumeRole(executionRoleArn, { region: scope.region }) } : {};
    const { reading, answering } = startTimeLimits(context);
    const config = createConfig({ region: scope.region, signal: answering, ...credentials });
    const result = await evaluateRule({
      event,
      rule: findRule(ruleParameters.rule),
      policy,
      port: createAccount({ name: account, signal: reading, ...credentials }).region({
        ...scope,
        account,
      }),
      config: {
        putEvaluations: (evaluations) => config.putEvaluations(evaluations, resultToken, resultToken === "TESTMODE"),
        listEvaluated: config.listEvaluated,
      },
      now: new Date().toISOString(),
    });
    recordEvaluation(ruleParameters.rule, result);
    return result.counts;
  });
