import { type DatabaseReference, toIdentifierReference } from "../model/database.ts";
import type { RecheckEvent } from "../model/recheck-event.ts";

/** What an event affects: databases by name, a secret, or a key. All empty if the event reports a failed call, or names none. */
export type AffectedDatabases = {
  readonly databases: readonly DatabaseReference[];
  /** ARN of a database whose deletion RDS reports. */
  readonly deletedArn: string | null;
  /** ARN or name. */
  readonly secretId: string | null;
  readonly keyReference: string | null;
  /** Only databases with an impaired secret: who may use a key explains such a secret, and changes no other verdict. */
  readonly onlyImpaired: boolean;
};

export const nothingAffected: AffectedDatabases = {
  databases: [],
  deletedArn: null,
  secretId: null,
  keyReference: null,
  onlyImpaired: false,
};

/**
 * RDS events of a deleted DB instance and a deleted DB cluster. The call that deletes one comes minutes earlier.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html
 */
const deletions = ["RDS-EVENT-0003", "RDS-EVENT-0171"];

/** Finds in an event the databases that may have another verdict now. */
export function toAffectedDatabases(event: RecheckEvent): AffectedDatabases {
  switch (event["detail-type"]) {
    case "RDS DB Instance Event":
      return ofDatabase("instance", event.detail);
    case "RDS DB Cluster Event":
      return ofDatabase("cluster", event.detail);
    case "Secret Label Updated":
      return { ...nothingAffected, secretId: event.resources[0] ?? null };
    case "AWS Service Event via CloudTrail":
      return { ...nothingAffected, secretId: event.detail.additionalEventData.SecretId };
    case "AWS API Call via CloudTrail":
      return event.detail.errorCode === undefined ? ofCall(event.detail) : nothingAffected;
  }
}

type Detail<Type> = Extract<RecheckEvent, { "detail-type": Type; detail: object }>["detail"];

function ofDatabase(
  kind: DatabaseReference["kind"],
  { SourceIdentifier, SourceArn, EventID = "" }: Detail<"RDS DB Instance Event" | "RDS DB Cluster Event">,
): AffectedDatabases {
  const deletedArn = deletions.includes(EventID) ? (SourceArn ?? null) : null;
  return { ...nothingAffected, databases: [toIdentifierReference(kind, SourceIdentifier)], deletedArn };
}

/** Calls that change who may use a key, not whether it can be used. */
const accessCalls = ["PutKeyPolicy", "CreateGrant", "RetireGrant", "RevokeGrant"];

function ofCall(detail: Detail<"AWS API Call via CloudTrail">): AffectedDatabases {
  const { eventSource, eventName, requestParameters, responseElements, resources } = detail;
  const parameters = new Map(
    Object.entries(requestParameters ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const textOf = (name: string) => {
    const value = parameters.get(name);
    return typeof value === "string" && value !== "" ? value : null;
  };
  if (eventSource === "kms.amazonaws.com") {
    // A grant can be retired by its token, without the key.
    const keyReference = textOf("keyid") ?? responseElements?.keyId ?? resources?.[0]?.ARN ?? null;
    return { ...nothingAffected, keyReference, onlyImpaired: keyReference !== null && accessCalls.includes(eventName) };
  }
  if (eventSource === "secretsmanager.amazonaws.com") return { ...nothingAffected, secretId: textOf("secretid") };
  const databases = nameParameters.flatMap(([kind, name]) => {
    const value = textOf(name);
    return value === null ? [] : [toIdentifierReference(kind, value)];
  });
  return { ...nothingAffected, databases };
}

/** Parameters that name a database. Both names of a renamed one are looked up, because renaming takes minutes or waits for the maintenance window. */
const nameParameters = [
  ["instance", "newdbinstanceidentifier"],
  ["instance", "targetdbinstanceidentifier"],
  ["instance", "dbinstanceidentifier"],
  ["cluster", "newdbclusteridentifier"],
  ["cluster", "dbclusteridentifier"],
] as const;
