import {
  ConfigServiceClient,
  type Evaluation,
  PutEvaluationsCommand,
  paginateGetComplianceDetailsByConfigRule,
} from "@aws-sdk/client-config-service";
import { AwsCallError } from "../model/errors.ts";
import { backOff } from "../storage/back-off.ts";
import { call, pages } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { withSignal } from "./time-limit.ts";

/** Evaluations of one call, and results of one page. Source: https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html */
const pageSize = 100;

/** For evaluations that AWS Config rejects. */
const attempts = 4;
const firstPauseMilliseconds = 100;

const put = "config:PutEvaluations";

/** Resources that an error names. */
const maxNames = 3;

/** Opens AWS Config in one Region, with the credentials of the account that owns the rule. */
export function createConfig(options: ClientOptions = {}) {
  const client = withSignal(new ConfigServiceClient(toClientConfig(options)), options.signal);

  return {
    /** Puts evaluations; an empty list makes no call. Throws an AwsCallError if AWS Config rejects some of them four times. */
    async putEvaluations(evaluations: readonly Evaluation[], ResultToken: string, TestMode = false): Promise<void> {
      let left = evaluations;
      for (let attempt = 1; left.length > 0; attempt += 1) {
        if (attempt > attempts) throw toRejection(left, evaluations.length);
        if (attempt > 1) await backOff(attempt - 1, firstPauseMilliseconds);
        const failed: Evaluation[] = [];
        for (let start = 0; start < left.length; start += pageSize) {
          const page = left.slice(start, start + pageSize);
          const command = new PutEvaluationsCommand({ Evaluations: page, ResultToken, TestMode });
          const { FailedEvaluations = [] } = await call(put, client.send(command));
          const keys = new Set(FailedEvaluations.map(toKey));
          failed.push(...page.filter((evaluation) => keys.has(toKey(evaluation))));
        }
        left = failed;
      }
    },

    /** Lists the resources that an AWS Config rule evaluated as COMPLIANT or NON_COMPLIANT. */
    async listEvaluated(ruleName: string): Promise<readonly { resourceType: string; resourceId: string }[]> {
      const paginator = paginateGetComplianceDetailsByConfigRule(
        { client, pageSize },
        { ConfigRuleName: ruleName, ComplianceTypes: ["COMPLIANT", "NON_COMPLIANT"] },
      );
      const found: { resourceType: string; resourceId: string }[] = [];
      const results = pages(
        "config:GetComplianceDetailsByConfigRule",
        paginator,
        ({ EvaluationResults = [] }) => EvaluationResults,
      );
      for await (const page of results)
        for (const { EvaluationResultIdentifier } of page) {
          const { ResourceType, ResourceId } = EvaluationResultIdentifier?.EvaluationResultQualifier ?? {};
          if (ResourceType !== undefined && ResourceId !== undefined)
            found.push({ resourceType: ResourceType, resourceId: ResourceId });
        }
      return found;
    },
  };
}

/** Type and id, because an id is unique only within its type. */
function toKey({ ComplianceResourceType, ComplianceResourceId }: Evaluation): string {
  return `${ComplianceResourceType} ${ComplianceResourceId}`;
}

function toRejection(failed: readonly Evaluation[], all: number): AwsCallError {
  const names = failed.slice(0, maxNames).map(({ ComplianceResourceId }) => ComplianceResourceId);
  const more = failed.length > maxNames ? ` and ${failed.length - maxNames} more` : "";
  const message = `AWS Config rejected ${failed.length} of ${all} evaluations: ${names.join(", ")}${more}`;
  return new AwsCallError(put, "FailedEvaluations", message);
}
