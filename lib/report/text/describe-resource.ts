import { databaseKinds, kindNames, resourceType } from "../../model/database.ts";
import type { Finding } from "../../model/finding.ts";

const names = new Map(databaseKinds.map((kind) => [resourceType({ kind }), kindNames[kind]] as const));

/** As a sentence has it: "DB instance orders". */
export function describeResource({ type, identifier }: Pick<Finding["resource"], "type" | "identifier">): string {
  return `${names.get(type) ?? "database"} ${identifier}`;
}
