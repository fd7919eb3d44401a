import {
  ConfigServiceClient,
  type Evaluation,
  PutEvaluationsCommand,
  paginateGetComplianceDetailsByConfigRule,
} from "@aws-sdk/client-config-service";
import { AwsCallError } from "../model/errors.ts";
import { call, pages } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { pauseAfter } from "./deliver.ts";

/** Of one call, and of one page. Source: https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html */
const pageSize = 100;

/** Of an evaluation that AWS Config did not take. */
const attempts = 4;

const put = "config:PutEvaluations";

/** How many resources an error names. */
const named = 3;

/** Opens AWS Config in one Region; `credentials` are those of the account whose rule it is. */
export function createConfig(options: ClientOptions = {}) {
  const client = new ConfigServiceClient(toClientConfig(options));

  return {
    /** Tells AWS Config all of them, and none is no call. Throws an AwsCallError where some were not taken after several attempts. */
    async putEvaluations(evaluations: readonly Evaluation[], resultToken: string, testMode = false): Promise<void> {
      let left = evaluations;
      for (let attempt = 1; ; attempt += 1) {
        const failed: Evaluation[] = [];
        for (let start = 0; start < left.length; start += pageSize) {
          const page = left.slice(start, start + pageSize);
          const command = new PutEvaluationsCommand({
            Evaluations: page,
            ResultToken: resultToken,
            TestMode: testMode,
          });
          const { FailedEvaluations = [] } = await call(put, client.send(command));
          const keys = new Set(FailedEvaluations.map(toKey));
          failed.push(...page.filter((evaluation) => keys.has(toKey(evaluation))));
        }
        if (failed.length === 0) return;
        if (attempt === attempts) throw notTaken(failed, evaluations.length);
        left = failed;
        await pauseAfter(attempt);
      }
    },

    /** The resources of which AWS Config holds a verdict of the rule; those that are NOT_APPLICABLE are left out. */
    async listEvaluated(ruleName: string): Promise<readonly { resourceType: string; resourceId: string }[]> {
      const paginator = paginateGetComplianceDetailsByConfigRule(
        { client, pageSize },
        { ConfigRuleName: ruleName, ComplianceTypes: ["COMPLIANT", "NON_COMPLIANT"] },
      );
      const found: { resourceType: string; resourceId: string }[] = [];
      const list = pages("config:GetComplianceDetailsByConfigRule", paginator, ({ EvaluationResults = [] }) =>
        EvaluationResults.flatMap(({ EvaluationResultIdentifier }) => {
          const { ResourceType, ResourceId } = EvaluationResultIdentifier?.EvaluationResultQualifier ?? {};
          if (ResourceType === undefined || ResourceId === undefined) return [];
          return [{ resourceType: ResourceType, resourceId: ResourceId }];
        }),
      );
      for await (const page of list) found.push(...page);
      return found;
    },
  };
}

/** Type and id: an id alone is not unique over types. */
function toKey({ ComplianceResourceType, ComplianceResourceId }: Evaluation): string {
  return `${ComplianceResourceType} ${ComplianceResourceId}`;
}

function notTaken(failed: readonly Evaluation[], all: number): AwsCallError {
  const names = failed.slice(0, named).map(({ ComplianceResourceId }) => ComplianceResourceId);
  const more = failed.length > named ? ` and ${failed.length - named} more` : "";
  return new AwsCallError(
    put,
    "FailedEvaluations",
    `AWS Config did not take ${failed.length} of ${all} evaluations: ${names.join(", ")}${more}`,
  );
}
