import { databaseKinds, kindNames, resourceType } from "../../model/database.ts";
import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";

const kindsByResourceType = new Map(databaseKinds.map((kind) => [resourceType({ kind }), kindNames[kind]] as const));

/** "DB instance orders": the resource of a finding, as used in a sentence. */
export function describeResource({ type, identifier }: Pick<Finding["resource"], "type" | "identifier">): string {
  return `${kindsByResourceType.get(type) ?? "database"} ${identifier}`;
}

/** "DB cluster, aurora-postgresql 16.4, stopped": kind, engine and version, and the status unless it is available. */
export function describeEngine({ kind, engine, engineVersion, status }: Report["databases"][number]): string {
  const version = engineVersion === null ? engine : `${engine} ${engineVersion}`;
  return [kindNames[kind], version, status === "available" ? "" : status].filter((part) => part !== "").join(", ");
}

/** "active, key/1234abcd-…": the status of the secret, and the last part of the key's ARN. */
export function describeSecret({ masterUserSecret }: Report["databases"][number]): string {
  if (masterUserSecret === null) return "none";
  const { status, kmsKeyId } = masterUserSecret;
  const key = kmsKeyId === null ? "" : `, ${kmsKeyId.slice(kmsKeyId.lastIndexOf(":") + 1)}`;
  return `${status ?? "no status"}${key}`;
}
