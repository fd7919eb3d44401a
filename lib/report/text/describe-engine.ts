import { type Database, kindNames } from "../../model/database.ts";

/** "DB cluster, aurora-postgresql 16.4, stopped": what a database is, and its status where it is not the usual one. */
export function describeEngine({
  kind,
  engine,
  engineVersion,
  status,
}: Pick<Database, "kind" | "engine" | "engineVersion" | "status">): string {
  const version = engineVersion === null ? engine : `${engine} ${engineVersion}`;
  return [kindNames[kind], version, status === "available" ? "" : status].filter((part) => part !== "").join(", ");
}
