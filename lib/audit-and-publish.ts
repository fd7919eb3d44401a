import { assembleReport, type RequestDetails } from "./audit/assemble-report.ts";
import { judgeRepairs } from "./audit/judge-repairs.ts";
import { recordCallers } from "./collect/record-callers.ts";
import { type InventoryRequest, takeInventory } from "./collect/take-inventory.ts";
import { type Repairs, reapAndStart } from "./executions/reap-and-start.ts";
import { readLive } from "./executions/slot.ts";
import { type Publication, type PublishRequest, publishReport, withFailures } from "./publish/publish-report.ts";

export type AuditRequest = Omit<InventoryRequest, "now" | "onProgress" | "forRepair"> &
  Pick<PublishRequest, "store" | "destinations" | "eventId" | "invocation" | "stop"> & {
    readonly version: string;
    /** What the report says about its request. Default: nothing. */
    readonly asked?: RequestDetails;
    /** Null if the deployment does not repair. */
    readonly repairs?: Repairs | null;
    /** ISO 8601. */
    readonly now: () => string;
  };

/** Audits everything, publishes the changes since the last audit, and starts repairs if the deployment has them. */
export async function auditAndPublish(request: AuditRequest): Promise<Publication> {
  const { policy, rules, version, asked, now, repairs = null } = request;
  const { accounts, callers } = recordCallers(request.accounts);
  const taken = await takeInventory({ ...request, accounts, now: now(), forRepair: repairs !== null });
  const inventory = { ...taken, callers: callers() };
  const judging = repairs === null ? rules : judgeRepairs(rules, await readLive(repairs.state, now()));
  const report = assembleReport(inventory, {
    policy,
    rules: judging,
    generatedAt: now(),
    version,
    ...(asked && { request: asked }),
  });
  const publication = await publishReport({ ...request, report, only: null });
  if (repairs === null) return publication;
  return withFailures(publication, await reapAndStart({ inventory, isFull: true, policy, rules, now: now(), repairs }));
}
