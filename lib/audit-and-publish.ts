import { assembleReport } from "./audit/assemble-report.ts";
import { type Publication, type PublishRequest, publishReport } from "./publish-report.ts";
import { type InventoryRequest, takeInventory } from "./take-inventory.ts";

export type AuditRequest = Omit<InventoryRequest, "now" | "onProgress"> &
  Pick<PublishRequest, "store" | "outlets" | "eventId"> & {
    readonly version: string;
    /** ISO 8601. */
    readonly now: () => string;
  };

/** Audits everything and publishes what is not as it was at the last audit. */
export async function auditAndPublish({
  now,
  version,
  eventId,
  store,
  outlets,
  ...request
}: AuditRequest): Promise<Publication> {
  const inventory = await takeInventory({ ...request, now: now() });
  const { policy, rules } = request;
  const report = assembleReport(inventory, { policy, rules, generatedAt: now(), version });
  return publishReport({ report, only: null, eventId, store, outlets });
}
