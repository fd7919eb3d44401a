import { findReason } from "../audit/classify.ts";
import { classificationContextOf } from "../audit/rule-context.ts";
import type { Database } from "../model/database.ts";
import type { Pages, RegionPort } from "./region-port.ts";
import { addFacts, noCalls, type ReadRequest, readPages, type TargetReading } from "./target-reading.ts";

/**
 * Reads global databases and blue/green deployments, each only if it may explain why a database is not managed. For a repair, also if a
 * database that is turned off might not be turned on again.
 */
export async function readClassificationContext(
  port: RegionPort,
  reading: TargetReading,
  { policy, reads, forRepair }: ReadRequest,
): Promise<TargetReading> {
  const { databases } = reading.target;
  const unread = classificationContextOf(reading.target, policy);
  const asJudged = (database: Database) => (forRepair ? { ...database, masterUserSecret: null } : database);
  const doubts = new Set(databases.flatMap((database) => findReason(asJudged(database), unread).doubts));
  const isNeeded = (action: string) => reads.has(action) && [...doubts].some((doubt) => doubt.startsWith(action));
  const readIf = async <T>(condition: boolean, action: string, list: () => Pages<T>) =>
    condition ? readPages(action, list()) : null;
  const [members, deployments] = await Promise.all([
    readIf(isNeeded("rds:DescribeGlobalClusters"), "rds:DescribeGlobalClusters", () => port.describeGlobalClusters()),
    readIf(
      (forRepair && databases.length > 0) || isNeeded("rds:DescribeBlueGreenDeployments"),
      "rds:DescribeBlueGreenDeployments",
      () => port.describeBlueGreenDeployments(),
    ),
  ]);
  const facts = { globalClusterMembers: members?.items ?? null, blueGreenDeployments: deployments?.items ?? null };
  return addFacts(reading, facts, [members ?? noCalls, deployments ?? noCalls]);
}
