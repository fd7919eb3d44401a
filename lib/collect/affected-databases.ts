import type { DatabaseReference } from "../model/database.ts";
import type { RecheckEvent } from "../model/recheck-event.ts";

/** What an event is about: databases by name, a secret, or a key; nothing where a call failed or names none. */
export type AffectedDatabases = {
  readonly databases: readonly DatabaseReference[];
  /** ARN of the one that RDS says it has deleted. */
  readonly deletedArn: string | null;
  /** ARN or name. */
  readonly secretId: string | null;
  readonly keyReference: string | null;
};

/** What an event is about that is about nothing. */
export const nothing: AffectedDatabases = { databases: [], deletedArn: null, secretId: null, keyReference: null };

/**
 * What RDS says when a DB instance and a DB cluster are gone. A call that deletes one says so minutes before it is.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html
 */
const deletions = ["RDS-EVENT-0003", "RDS-EVENT-0171"];

/** Reads from an event which databases may have another verdict now. */
export function toAffectedDatabases(event: RecheckEvent): AffectedDatabases {
  switch (event["detail-type"]) {
    case "RDS DB Instance Event":
      return ofDatabase("instance", event.detail);
    case "RDS DB Cluster Event":
      return ofDatabase("cluster", event.detail);
    case "Secret Label Updated":
      return { ...nothing, secretId: event.resources[0] ?? null };
    case "AWS Service Event via CloudTrail":
      return { ...nothing, secretId: event.detail.additionalEventData.SecretId };
    case "AWS API Call via CloudTrail":
      return event.detail.errorCode === undefined ? ofCall(event.detail) : nothing;
  }
}

type RdsDetail = Extract<RecheckEvent, { "detail-type": "RDS DB Instance Event" | "RDS DB Cluster Event" }>["detail"];

function ofDatabase(
  kind: DatabaseReference["kind"],
  { SourceIdentifier, SourceArn, EventID }: RdsDetail,
): AffectedDatabases {
  const isDeletion = deletions.some((id) => id === EventID);
  return {
    ...nothing,
    databases: [named(kind, SourceIdentifier)],
    deletedArn: isDeletion ? (SourceArn ?? null) : null,
  };
}

function ofCall({
  eventSource,
  requestParameters,
}: {
  eventSource: string;
  requestParameters?: Record<string, unknown> | null | undefined;
}): AffectedDatabases {
  const parameters = new Map(
    Object.entries(requestParameters ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const textOf = (name: string) => {
    const value = parameters.get(name);
    return typeof value === "string" && value !== "" ? value : null;
  };
  if (eventSource === "kms.amazonaws.com") return { ...nothing, keyReference: textOf("keyid") };
  if (eventSource === "secretsmanager.amazonaws.com") return { ...nothing, secretId: textOf("secretid") };
  const databases = namesOfDatabases.flatMap(([kind, name]) => {
    const value = textOf(name);
    return value === null ? [] : [named(kind, value)];
  });
  return { ...nothing, databases };
}

/** A database has its old name until it is renamed, which takes minutes or waits for the maintenance window: both are looked for. */
const namesOfDatabases = [
  ["instance", "newdbinstanceidentifier"],
  ["instance", "targetdbinstanceidentifier"],
  ["instance", "dbinstanceidentifier"],
  ["cluster", "newdbclusteridentifier"],
  ["cluster", "dbclusteridentifier"],
] as const;

/**
 * An event may name a database by its ARN, and in the caller's spelling. RDS keeps names in lower case, and its filters tell the two apart.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Filter.html
 */
function named(kind: DatabaseReference["kind"], name: string): DatabaseReference {
  return { kind, by: "identifier", value: (name.split(":").at(-1) ?? name).toLowerCase() };
}

/** The database that an ARN names, or null for anything else. */
export function toReference(arn: string): DatabaseReference | null {
  const [, , service, , , type, name] = arn.split(":");
  if (service !== "rds" || name === undefined) return null;
  if (type === "db") return named("instance", name);
  return type === "cluster" ? named("cluster", name) : null;
}
