import type { ConfigPort, EvaluatedResource } from "../../lib/evaluate-rule.ts";
import type { ConfigEvaluation } from "../../lib/report/aws/config-evaluation.ts";

/** AWS Config in memory. Keeps the last evaluation of each resource between events. */
export type MemoryConfig = ConfigPort & {
  /** All evaluations, in order. */
  readonly sent: ConfigEvaluation[];
  /** The last compliance type and annotation of a resource. */
  readonly verdictOn: (resourceId: string) => readonly [string, string | undefined] | undefined;
  fail: { putEvaluations?: Error; listEvaluated?: Error };
};

/** Creates an AWS Config in which the given resources are COMPLIANT. */
export function createMemoryConfig(evaluated: readonly EvaluatedResource[] = []): MemoryConfig {
  const keyOf = ({ resourceType, resourceId }: EvaluatedResource) => `${resourceType} ${resourceId}`;
  const held = new Map(evaluated.map((resource) => [keyOf(resource), { resource, isApplicable: true }]));
  const config: MemoryConfig = {
    sent: [],
    verdictOn: (resourceId) => {
      const last = config.sent.findLast(({ ComplianceResourceId }) => ComplianceResourceId === resourceId);
      return last && [last.ComplianceType, last.Annotation];
    },
    fail: {},
    async putEvaluations(evaluations) {
      if (config.fail.putEvaluations) throw config.fail.putEvaluations;
      config.sent.push(...evaluations);
      for (const { ComplianceResourceType, ComplianceResourceId, ComplianceType } of evaluations) {
        const resource = { resourceType: ComplianceResourceType, resourceId: ComplianceResourceId };
        held.set(keyOf(resource), { resource, isApplicable: ComplianceType !== "NOT_APPLICABLE" });
      }
    },
    async listEvaluated() {
      if (config.fail.listEvaluated) throw config.fail.listEvaluated;
      return [...held.values()].filter(({ isApplicable }) => isApplicable).map(({ resource }) => resource);
    },
  };
  return config;
}
