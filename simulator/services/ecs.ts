import { pageOf } from "../paging.ts";
import { numberIn, type Params, requiredIn, textIn } from "../params.ts";
import { json11 } from "../protocol/json.ts";
import { SimulatedError } from "../simulated-error.ts";
import { jsonErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

function arnOf({ family, revision }: { family: string; revision: number }, { account, region }: CallContext): string {
  return `arn:${account.partition}:ecs:${region.name}:${account.id}:task-definition/${family}:${revision}`;
}

function pageOfNames(names: readonly string[], params: Params, scope: string) {
  return pageOf(names, {
    size: numberIn(params, "maxResults") ?? 100,
    token: textIn(params, "nextToken"),
    scope,
    invalid: () => new SimulatedError("InvalidParameterException", "Invalid token."),
  });
}

/** Families with an active task definition, in alphabetical order. */
function listFamilies(params: Params, { region }: CallContext): object {
  const families = [...new Set(region.workloads.taskDefinitions.map(({ family }) => family))].sort();
  const { items, next } = pageOfNames(families, params, "ListTaskDefinitionFamilies");
  return { families: items, nextToken: next };
}

/** By ARN, `family:revision`, or a family, which means its latest revision. */
function describeTaskDefinition(params: Params, context: CallContext): object {
  const wanted = requiredIn(params, "taskDefinition");
  const found = context.region.workloads.taskDefinitions
    .toSorted((one, other) => other.revision - one.revision)
    .find((one) => [one.family, `${one.family}:${one.revision}`, arnOf(one, context)].includes(wanted));
  if (found === undefined) throw new SimulatedError("ClientException", "Unable to describe task definition.");
  return { taskDefinition: { ...found, taskDefinitionArn: arnOf(found, context), status: "ACTIVE" } };
}

/** Amazon ECS: task definitions, for reading. */
export const ecs: Service = {
  protocol: json11("message"),
  errors: jsonErrors,
  actions: { DescribeTaskDefinition: describeTaskDefinition, ListTaskDefinitionFamilies: listFamilies },
};
