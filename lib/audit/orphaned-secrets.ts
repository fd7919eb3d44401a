import type { Target } from "../model/inventory.ts";
import { databaseLists } from "../model/rule-guards.ts";
import type { Secret } from "../model/secret.ts";
import { hoursBetween } from "../model/time.ts";

/**
 * `ListSecrets` may be this old, and the secret of a database that was created after its list was read is newer than the list.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
 */
const settledHours = 5 / 60;

/** Engines whose databases RDS lists without saying what secret they have, and statuses in which a secret appears or disappears. */
const silentEngines = ["docdb", "neptune"];
const passingStatuses = ["creating", "deleting"];

/**
 * The secrets that RDS created in a Region and that no database there names, except those that are scheduled for deletion, replicas of another
 * Region's secrets, and secrets whose database may name them soon. Null if that is unknown, because a list is missing or incomplete.
 */
export function findOrphanedSecrets(target: Target, now: string): readonly Secret[] | null {
  const { databases, secrets, missingSecrets, gaps, region } = target;
  const lists: readonly string[] = [...databaseLists, "secretsmanager:ListSecrets"];
  if (secrets === null || gaps.some(({ action }) => lists.includes(action))) return null;
  const named = new Set(databases.map(({ masterUserSecret }) => masterUserSecret?.secretArn));
  const unread = new Set([...missingSecrets, ...gaps.map(({ resource }) => resource)]);
  const silent = new Set(
    databases
      .filter(({ engine, status }) => silentEngines.includes(engine) || passingStatuses.includes(status))
      .map(({ arn }) => arn),
  );
  return secrets.filter(
    ({ arn, name, owningService, createdAt, deletedAt, primaryRegion, primaryArns }) =>
      owningService === "rds" &&
      name.startsWith("rds!") &&
      !named.has(arn) &&
      !unread.has(arn) &&
      deletedAt === null &&
      createdAt !== null &&
      hoursBetween(createdAt, now) > settledHours &&
      (primaryRegion ?? region) === region &&
      !primaryArns.some((primary) => silent.has(primary)),
  );
}
