import { judgeRepairs } from "./audit/judge-repairs.ts";
import { type AffectedDatabases, nothingAffected, toAffectedDatabases } from "./collect/affected-databases.ts";
import type { RegionPort } from "./collect/region-port.ts";
import { type ReapAndStartRequest, type Repairs, reapAndStart } from "./executions/reap-and-start.ts";
import { reapExecution, reportDead } from "./executions/reap-executions.ts";
import { readLive } from "./executions/slot.ts";
import { type DatabaseReference, toReference } from "./model/database.ts";
import { type ExecutionEvent, namesOf } from "./model/execution-event.ts";
import type { RecheckEvent } from "./model/recheck-event.ts";
import type { Running } from "./model/remediation-state.ts";
import { countWithoutSlot, markLost } from "./plan/remediation-state.ts";
import { type Publication, type PublishRequest, publishReport, withFailures } from "./publish/publish-report.ts";
import { type Rechecked, type RecheckRequest, recheckDatabases } from "./recheck-databases.ts";
import { updateStored } from "./storage/update-stored.ts";

export type RecheckAndPublishRequest = Pick<RecheckRequest, "policy" | "rules" | "version" | "now" | "sleep"> &
  Pick<PublishRequest, "store" | "destinations" | "invocation" | "stop"> & {
    readonly event: RecheckEvent | ExecutionEvent;
    /** The audited Regions. Events of others are ignored, because no audit would follow them up. */
    readonly regions: "all" | readonly string[];
    /** Opens a Region of the event's account. */
    readonly open: (region: string) => RegionPort;
    /** Null if the deployment does not repair. */
    readonly repairs: Repairs | null;
  };

/**
 * Checks the databases that an event affects, publishes the changes, and starts repairs if the deployment has them. The event may also be
 * the end of an execution that did not record its own end. Returns null if there is nothing to check.
 */
export async function recheckAndPublish(request: RecheckAndPublishRequest): Promise<Publication | null> {
  const { event, open, regions } = request;
  if (event["detail-type"] === "Durable Execution Status Change") return recheckAfterExecution(event, request);
  if (regions !== "all" && !regions.includes(event.region)) return null;
  return publish(await recheck(toAffectedDatabases(event), open(event.region), request), request);
}

/**
 * Ends an execution that Lambda reports as dead: publishes what is known of it and frees its slot, so that the next one can continue. If the
 * database cannot be read, publishes that and throws, so that the event is retried.
 */
async function recheckAfterExecution(
  event: ExecutionEvent,
  request: RecheckAndPublishRequest,
): Promise<Publication | null> {
  const { open, policy, rules, now, repairs } = request;
  if (repairs === null) return null;
  const names = namesOf(event);
  const running = (await repairs.state.read()).value.running.find(({ execution }) => names.includes(execution));
  if (running === undefined) {
    // It recorded its end, or died before it had a slot.
    for (const name of names) await updateStored(repairs.state, (state) => countWithoutSlot(state, name));
    return null;
  }
  const { execution, region } = running;
  const how = `The execution ended with status ${event.detail.status}.`;
  const unread = () => ({ ...{ running, how, inventory: null, policy, rules, now: now() }, ...repairs });
  const port = open(region);
  const reading = async () =>
    recheck({ ...nothingAffected, databases: await referTo(running, port) }, port, request, execution);
  const rechecked = await reading().catch(async (error: unknown) => {
    await reportDead(unread());
    await updateStored(repairs.state, (state) => markLost(state, execution, now()));
    throw error;
  });
  if (rechecked === null) await reapExecution(unread());
  return publish(rechecked, request, { execution, how });
}

async function recheck(
  affectedDatabases: AffectedDatabases,
  port: RegionPort,
  request: RecheckAndPublishRequest,
  lost: string | null = null,
): Promise<Rechecked | null> {
  const { repairs, now } = request;
  const rules =
    repairs === null ? request.rules : judgeRepairs(request.rules, await readLive(repairs.state, now(), lost));
  return recheckDatabases({ ...request, rules, affectedDatabases, port, forRepair: repairs !== null });
}

async function publish(
  rechecked: Rechecked | null,
  { event, policy, rules, invocation, store, destinations, stop, now, repairs }: RecheckAndPublishRequest,
  lost: ReapAndStartRequest["lost"] = null,
): Promise<Publication | null> {
  if (rechecked === null) return null;
  const { inventory, report, only } = rechecked;
  const publication = await publishReport({ report, only, eventId: event.id, invocation, store, destinations, stop });
  if (repairs === null) return publication;
  const request = { inventory, isFull: false, policy, rules, now: now(), repairs, lost };
  return withFailures(publication, await reapAndStart(request));
}

/** Refers to the database by its resource ID, because it may have been renamed; to a tenant database through its container. */
async function referTo({ arn, resourceId: value }: Running, port: RegionPort): Promise<readonly DatabaseReference[]> {
  const reference = toReference(arn);
  if (reference !== null) return [{ kind: reference.kind, by: "resourceId", value }];
  for await (const page of port.describeTenantDatabases({ by: "resourceId", value })) {
    const container = toReference(page.find(({ resourceId }) => resourceId === value)?.containerArn ?? "");
    if (container !== null) return [container];
  }
  return [];
}
