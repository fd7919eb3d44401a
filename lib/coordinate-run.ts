import { type FinishRequest, type RunEnd, type RunStore, settleRun, summarizeRun } from "./finish-run.ts";
import type { LastRun, OrganizationRun, RunReference } from "./model/organization-run.ts";
import { type Coordination, coordinateAccounts } from "./organization/coordinate-accounts.ts";
import { type Discovery, discoverAccounts } from "./organization/discover-accounts.ts";
import type { OrganizationPort } from "./organization/organization-port.ts";
import { judgeStart, type StartVerdict } from "./organization/start-run.ts";
import type { Publish } from "./publish/destinations.ts";
import { toRunUnderWayAlert } from "./report/chat/run-alert.ts";
import { toDigestMessage } from "./report/topics/finding-message.ts";
import { dayOf } from "./storage/run-files.ts";
import { type Stored, updateStored } from "./storage/update-stored.ts";

export type CoordinateRequest = Omit<FinishRequest, "run" | "store"> & {
  /** The ID of the event: the scheduled time. */
  readonly id: string;
  /** The ARN of this execution. */
  readonly execution: string;
  readonly store: RunStore & { readonly lastRun: Stored<LastRun> };
  readonly organization: OrganizationPort;
  /** Whether Lambda still runs an execution. */
  readonly isRunning: (execution: string) => Promise<boolean>;
  /** Publishes to the topic for machines, and to that for people. */
  readonly publishFindings: Publish;
  readonly publishAlerts: Publish;
};

/** How a coordinator ended. */
export type CoordinatedRun = {
  readonly run: OrganizationRun;
  /** Why the run did not start: the same event started one before, or an earlier run is under way. Null if it did. */
  readonly notStarted: Exclude<StartVerdict, "start"> | null;
  /** The run before, if it did not end. */
  readonly unfinished: OrganizationRun | null;
  readonly end: RunEnd | null;
  /** Messages that were not published. */
  readonly failures: readonly { readonly where: "findings" | "alerts"; readonly message: string }[];
};

/**
 * Audits an organization once for each event: workers read its accounts in batches and publish to machines; at the end, one summary is
 * written, and people get one alert. A run that finds another one under way does not start, and tells people so.
 */
export async function coordinateRun(coordination: Coordination, request: CoordinateRequest): Promise<CoordinatedRun> {
  const { step } = coordination;
  const { store } = request;
  const { verdict, run, unfinished } = await step("start", () => startRun(request));
  const started = { run, notStarted: verdict === "start" ? null : verdict, unfinished, end: null };
  if (verdict === "answered") return { ...started, failures: [] };
  if (verdict === "under-way")
    return { ...started, failures: await step("notify", () => notifyUnderWay(run, unfinished, request)) };

  const reference = { id: run.id, day: dayOf({ observedAt: run.startedAt }) };
  const { accounts, organization } = await step("expect", () => expectAccounts(reference, request));
  await coordinateAccounts(coordination, accounts, (batch) => ({
    run: { ...reference, organization } satisfies RunReference,
    accounts: batch,
  }));
  const end = await step("summarize", () => summarizeRun({ ...request, run }));
  const failures = await step("publish", () => publishEnd(end, request));
  const isDelivered = !failures.some(({ where }) => where === "alerts");
  await step("settle", async () => {
    await settleRun({ store, run }, end.withNews, { isDelivered });
    await endRun(request);
  });
  return { ...started, end, failures };
}

/** Records the run as the last one, unless it may not start. Of two at the same time, one starts. */
async function startRun({ id, execution, store, isRunning, now }: CoordinateRequest) {
  const { value } = await store.lastRun.read();
  const { run: last } = value;
  const isOther = last !== null && last.execution !== execution && last.endedAt === null;
  const isAlive = isOther && (await isRunning(last.execution));
  const run: OrganizationRun = { id, execution, startedAt: now(), endedAt: null };
  let result: { verdict: StartVerdict; run: OrganizationRun; unfinished: OrganizationRun | null } | undefined;
  await updateStored(store.lastRun, ({ run: latest, ...rest }) => {
    // A run that another execution has just started is alive.
    const verdict = judgeStart(latest, run, latest?.execution === last?.execution ? isAlive : true);
    const isOwn = latest?.execution === execution;
    const unfinished = latest === null || isOwn || latest.endedAt !== null ? null : latest;
    result = { verdict, run: isOwn ? latest : run, unfinished };
    return verdict === "start" ? { ...rest, run: result.run } : null;
  });
  if (result === undefined) throw new Error("the last run was not read");
  return result;
}

/** Marks the run as ended. */
async function endRun({ execution, store, now }: CoordinateRequest): Promise<void> {
  await updateStored(store.lastRun, ({ run, ...rest }) =>
    run?.execution === execution ? { ...rest, run: { ...run, endedAt: now() } } : null,
  );
}

/** Finds the accounts, and writes down what the run expects before any of them is read. Returns those to read. */
async function expectAccounts(
  { id, day }: Omit<RunReference, "organization">,
  { organization: port, policy, store }: CoordinateRequest,
): Promise<{ accounts: readonly string[]; organization: RunReference["organization"] }> {
  const discovery: Discovery = await discoverAccounts(port, policy);
  const { id: organizationId, managementAccount } = discovery.organization;
  const organization = { id: organizationId, managementAccount };
  await updateStored(store.expectedOf(day), () => ({
    schemaVersion: "1.0",
    run: id,
    organization,
    accounts: [...discovery.accounts],
  }));
  const toRead = discovery.accounts.filter(({ unread }) => unread === null);
  return { accounts: toRead.map(({ account }) => account), organization };
}

/** Publishes the digest of a run to machines, and its alert to people. */
async function publishEnd({ digest, alerts }: RunEnd, { publishFindings, publishAlerts }: CoordinateRequest) {
  const bodies = alerts.map((alert) => JSON.stringify(alert));
  return [
    ...(await attempt("findings", publishFindings, [{ id: "digest", ...toDigestMessage(digest) }])),
    ...(await attempt("alerts", publishAlerts, bodies.map(toPeople))),
  ];
}

/** Tells people that a run did not start because an earlier one is under way. */
async function notifyUnderWay(
  run: OrganizationRun,
  unfinished: OrganizationRun | null,
  { publishAlerts }: CoordinateRequest,
) {
  if (unfinished === null) return [];
  return attempt("alerts", publishAlerts, [toPeople(JSON.stringify(toRunUnderWayAlert(run, unfinished)), 0)]);
}

function toPeople(body: string, index: number) {
  return { id: String(index), body, attributes: {} };
}

/** Publishes messages. A failure is counted and stops nothing else. */
async function attempt(
  where: "findings" | "alerts",
  publish: Publish,
  messages: Parameters<Publish>[0],
): Promise<CoordinatedRun["failures"]> {
  try {
    const [refused] = await publish(messages);
    return refused === undefined ? [] : [{ where, message: refused.reason }];
  } catch (error) {
    return [{ where, message: error instanceof Error ? error.message : String(error) }];
  }
}
