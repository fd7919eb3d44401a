import { toReference } from "../model/database.ts";
import { lastStartOf } from "../model/database-event.ts";
import type { Target } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { RegionPort } from "./region-port.ts";
import { type CallResults, readEach } from "./target-reading.ts";

/** RDS keeps events for 14 days. */
const retentionMinutes = 14 * 24 * 60;

/** Reads when databases last started, from their events of the time in which a late rotation is excused. */
export function readStarts(
  port: RegionPort,
  arns: ReadonlySet<string>,
  { thresholds }: Policy,
): Promise<CallResults<Target["starts"][number]>> {
  const minutes = Math.min(Math.max(1, Math.ceil(thresholds.rotationGraceHours * 60)), retentionMinutes);
  return readEach("rds:DescribeEvents", arns, async (databaseArn) => {
    const reference = toReference(databaseArn);
    if (reference === null) throw new Error(`${databaseArn} is neither a DB instance nor a DB cluster`);
    const events = [];
    for await (const page of port.describeEvents(reference, minutes)) events.push(...page);
    return { databaseArn, startedAt: lastStartOf(events) };
  });
}
