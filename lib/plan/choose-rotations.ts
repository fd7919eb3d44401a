import { prepare } from "../audit/judge.ts";
import type { ClassifiedDatabase } from "../model/database.ts";
import type { Inventory, Target } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";

type InTarget = { readonly target: Target; readonly database: ClassifiedDatabase };

/** The databases to rotate, and those whose password stays as it is, each with the reason. */
export type Rotations = {
  readonly rotatable: readonly InTarget[];
  readonly others: readonly { readonly database: ClassifiedDatabase; readonly reason: string }[];
};

/**
 * Chooses the databases of an inventory whose password RDS can rotate: those that have all of the tags. A database that has the password of a chosen
 * or listed one, such as a member of its cluster, is neither.
 */
export function chooseRotations(
  inventory: Inventory,
  { policy, tags }: { readonly policy: Policy; readonly tags: Readonly<Record<string, string>> },
): Rotations {
  const selected = inventory.targets
    .flatMap((target) =>
      [...prepare(target, policy, inventory.observedAt)].map(({ database }) => ({ target, database })),
    )
    .filter(({ database }) => Object.entries(tags).every(([key, value]) => database.tags[key] === value));
  const rotatable = selected.filter(({ database }) => whyNotRotatable(database) === null);
  const owners = selected.filter(({ database }) => ownersOf(database).length === 0);
  const covered = new Set(owners.flatMap(({ database }) => namesOf(database)));
  // A read replica may replicate a member of a cluster, or another replica.
  for (let before = -1; before !== covered.size; ) {
    before = covered.size;
    for (const { database } of selected)
      if (ownersOf(database).some((owner) => covered.has(owner)))
        for (const name of namesOf(database)) covered.add(name);
  }
  const others = selected.flatMap(({ database }) => {
    const reason = hasPassword(database) ? whyNotRotatable(database) : null;
    const isCovered = ownersOf(database).some((owner) => covered.has(owner));
    return reason === null || isCovered ? [] : [{ database, reason }];
  });
  return { rotatable, others };
}

/** False for a database without a master password, or without one that RDS could manage. */
function hasPassword({ management, reason }: ClassifiedDatabase): boolean {
  return management !== "out-of-scope" && reason !== "express-configuration";
}

/** Why the password of a database cannot be rotated, and what to do instead; null if it can. */
export function whyNotRotatable(database: ClassifiedDatabase): string | null {
  const { management, reason, explanation, clusterIdentifier, replicationSource } = database;
  if (management === "managed") return null;
  if (management === "unmanaged")
    return "RDS does not manage the password: enable that first, or change the password by hand";
  if (reason === "cluster-member") return `it has the password of DB cluster ${clusterIdentifier}: rotate that`;
  if (reason === "read-replica") return `it has the password of its source, ${replicationSource}: rotate that`;
  if (reason === "multi-tenant-container") return "its tenant databases have the passwords: rotate those";
  return hasPassword(database)
    ? `RDS cannot manage the password (${explanation}): change it by hand`
    : (explanation ?? management);
}

/** The names by which another database refers to this one as the owner of its password. */
function namesOf({ kind, arn, identifier, account, region, containerArn }: ClassifiedDatabase): readonly string[] {
  return [
    arn,
    `${account} ${region} ${kind} ${identifier}`,
    ...(containerArn === null ? [] : [`tenants of ${containerArn}`]),
  ];
}

/** The owners of a database's password, as `namesOf` names them. A read replica of another account or Region names its source by ARN. */
function ownersOf({ reason, arn, account, region, ...database }: ClassifiedDatabase): readonly string[] {
  const { clusterIdentifier, replicationSource } = database;
  if (reason === "cluster-member") return [`${account} ${region} cluster ${clusterIdentifier}`];
  if (reason === "multi-tenant-container") return [`tenants of ${arn}`];
  if (reason !== "read-replica" || replicationSource === null) return [];
  const kinds = ["instance", "cluster"];
  return [replicationSource, ...kinds.map((kind) => `${account} ${region} ${kind} ${replicationSource}`)];
}
