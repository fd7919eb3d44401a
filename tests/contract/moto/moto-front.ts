import { type Front, startFront, type WireAnswer, type WireRequest } from "../../support/front.ts";

const agedDays = 5;
const day = 86_400;

/**
 * Starts a front that changes two things. moto gives every DB instance the same resource ID and cannot filter DB clusters by theirs, so the
 * front gives each DB instance a resource ID of its own and translates filters by resource ID to filters by identifier. And a secret with a
 * schedule of one day and one of the versions in `firstVersions` appears as if the schedule was set five days ago, and after its rotation
 * with the next date of the schedule. moto rotates no secret on its date, and does not change the date when a rotation is requested.
 */
export function startMotoFront(backend: string, firstVersions: ReadonlySet<string>): Promise<Front> {
  /** The identifiers of the databases that were returned, by resource ID. */
  const identifiers = new Map<string, string>();

  function identify(answer: WireAnswer): WireAnswer {
    const elements = /<(DBInstance|DBCluster)>[\s\S]*?<\/\1>/g;
    return {
      ...answer,
      body: answer.body.replaceAll(elements, (element, name) => {
        const identifier = new RegExp(`<${name}Identifier>([^<]+)`).exec(element)?.[1] ?? "";
        const own = element.replace(/<DbiResourceId>[^<]+/, `<DbiResourceId>db-${identifier.toUpperCase()}`);
        const resourceId = /<Db(?:i|Cluster)ResourceId>([^<]+)/.exec(own)?.[1];
        if (resourceId !== undefined) identifiers.set(resourceId, identifier);
        return own;
      }),
    };
  }

  function filterByIdentifier({ body }: WireRequest): string {
    const params = new URLSearchParams(body);
    const [name, value] = ["Filters.Filter.1.Name", "Filters.Filter.1.Values.Value.1"];
    const identifier = identifiers.get(params.get(value) ?? "");
    if (identifier === undefined) return body;
    params.set(name, params.get(name) === "dbi-resource-id" ? "db-instance-id" : "db-cluster-id");
    params.set(value, identifier);
    return params.toString();
  }

  /** Shows secrets with a schedule of one day as AWS would five days later. */
  function age(answered: WireAnswer, { operation }: WireRequest): WireAnswer {
    if (operation !== "DescribeSecret" && operation !== "ListSecrets") return answered;
    const body = JSON.parse(answered.body);
    for (const secret of body.SecretList ?? [body]) {
      if (secret.RotationRules?.AutomaticallyAfterDays !== 1) continue;
      if (!firstVersions.has(currentVersionOf(secret))) secret.NextRotationDate = secret.LastRotatedDate + day;
      else for (const date of ["LastRotatedDate", "NextRotationDate"]) secret[date] -= agedDays * day;
    }
    return { ...answered, body: JSON.stringify(body) };
  }

  const change = (answer: WireAnswer, request: WireRequest) => age(identify(answer), request);
  return startFront({ backend, forward: filterByIdentifier, change });
}

export function currentVersionOf({ VersionIdsToStages }: { VersionIdsToStages?: unknown } = {}): string {
  const stages = Object.entries((VersionIdsToStages ?? {}) as Record<string, string[]>);
  return stages.find(([, labels]) => labels.includes("AWSCURRENT"))?.[0] ?? "";
}
