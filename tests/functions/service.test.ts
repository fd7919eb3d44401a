import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { reportSchema } from "../../lib/model/report.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";
import type { Cloud, Region } from "../../simulator/state.ts";
import { type Packaged, readPackaged } from "../deployment/packaged.ts";
import { type Invocation, measured, type UnpackedFunction, unpackFunction } from "../support/invoke-packaged.ts";

const account = "111111111111";
const bucket = "reports";

let packaged: Packaged;
let functions: Record<"audit" | "recheck" | "configRule", UnpackedFunction>;
let cloud: Cloud;
let here: Region;
let simulator: Simulator;
let port: number | undefined;

beforeAll(async () => {
  packaged = await readPackaged();
  functions = {
    audit: unpackFunction(packaged, "audit"),
    recheck: unpackFunction(packaged, "recheck"),
    configRule: unpackFunction(packaged, "configRule"),
  };
}, 120_000);

afterAll(() => {
  for (const one of Object.values(functions)) one.stop();
  for (const { folder } of Object.values(functions)) rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  cloud = createCloud({ now: new Date() });
  here = cloud.region(account, "eu-west-1");
  here.addBucket(bucket);
  here.addTopic("findings");
  here.addTopic("alerts");
  // Every test uses the same port, because the functions stay warm.
  simulator = await startSimulator(cloud, port === undefined ? {} : { port });
  port = simulator.port;
});

afterEach(() => simulator.close());

/** Invokes a packaged function with the environment of the template, and the simulator's resources. */
function invoke(
  name: keyof typeof functions,
  event: unknown,
  env: Record<string, string> = {},
  timeoutSeconds = 60,
): Promise<Invocation> {
  const topic = (of: string) => `arn:aws:sns:eu-west-1:${account}:${of}`;
  return functions[name].invoke(event, {
    references: {
      "AWS::Region": "eu-west-1",
      ReportBucket: bucket,
      FindingsTopic: topic("findings"),
      AlertsTopic: topic("alerts"),
    },
    env: { AWS_ENDPOINT_URL: simulator.endpoint, AWS_ACCESS_KEY_ID: account, ...env },
    timeoutSeconds,
  });
}

const audit = (id: string, env = {}, timeoutSeconds = 60) => invoke("audit", { id }, env, timeoutSeconds);

/** Restarts the simulator with a delay before each answer. */
async function slowDown(latencyMs: number): Promise<void> {
  await simulator.close();
  simulator = await startSimulator(cloud, { latencyMs, ...(port === undefined ? {} : { port }) });
}

/** Takes the messages of a topic: of findings as `type rule identifier`, of alerts by title. */
function take(topic: "findings" | "alerts"): string[] {
  const messages = here.topics.get(`arn:aws:sns:eu-west-1:${account}:${topic}`)?.messages ?? [];
  return messages.splice(0).map(({ Message }) => {
    const { type, finding, content } = JSON.parse(Message);
    if (content !== undefined) return content.title;
    return [type, finding?.rule, finding?.resource.identifier].filter(Boolean).join(" ");
  });
}

function stored(key: string): unknown {
  return JSON.parse(storedText(key));
}

function storedText(key: string): string {
  return String(here.buckets.get(bucket)?.objects.get(key)?.body);
}

describe("audit", () => {
  test("stores a report and publishes changes, then only the digest", async () => {
    here.addInstance({ identifier: "orders", managed: true });
    here.addInstance({ identifier: "legacy" });
    const first = await audit("one");
    expect(first.error).toBeNull();
    expect(first.answer).toEqual({ changes: 1, clean: false });
    expect(take("findings").sort()).toEqual(["audit.completed", "finding.opened master-password-managed legacy"]);
    expect(take("alerts")).toEqual([expect.stringContaining("legacy")]);
    const report = reportSchema.parse(stored("latest.json"));
    expect(report.summary).toMatchObject({ databases: 2, managed: 1, unmanaged: 1 });

    expect((await audit("two")).answer).toEqual({ changes: 0, clean: false });
    expect(take("findings")).toEqual(["audit.completed"]);
    expect(take("alerts")).toEqual([]);
    expect(reportSchema.parse(stored("latest.json")).findings[0]?.firstSeenAt).toBe(report.findings[0]?.firstSeenAt);
  }, 30_000);

  test("says who asked, with which event and policy file, and charts the stored runs of the days before", async () => {
    here.addInstance({ identifier: "legacy", managed: false });
    await audit("2026-11-24T06:00:00Z");
    const sha256 = createHash("sha256").update(readFileSync("policy.yaml")).digest("hex");
    const { request, observedAt } = reportSchema.parse(stored("latest.json"));
    expect(request).toEqual({
      callers: [expect.stringMatching(new RegExp(`^arn:aws:[a-z]+::${account}:`))],
      command: "function f, event 2026-11-24T06:00:00Z",
      policy: { file: "policy.yaml", sha256 },
    });
    expect(storedText("latest.html")).toContain(sha256);
    expect(storedText("latest.html")).not.toContain('id="trend"');
    const yesterday = new Date(Date.parse(observedAt) - 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
    const summary = here.buckets.get(bucket)?.objects.get(`runs/day=${observedAt.slice(0, 10)}/_summary.json`);
    if (summary === undefined) throw new Error("no summary is stored");
    here.buckets.get(bucket)?.objects.set(`runs/day=${yesterday}/_summary.json`, summary);
    await audit("2026-11-25T06:00:00Z");
    expect(storedText("latest.html")).toContain('id="trend"');
    expect(storedText("latest.html")).not.toContain("could not be read");
  });

  test("publishes once if the same event comes twice", async () => {
    here.addInstance({ identifier: "legacy" });
    await audit("one");
    take("findings");
    const again = await audit("one");
    expect(again.error).toBeNull();
    expect(take("findings")).toEqual([]);
  }, 30_000);

  test("publishes nothing twice and nothing as new after an earlier version, which had one ledger for all accounts", async () => {
    here.addInstance({ identifier: "legacy" });
    await audit("one");
    take("findings");
    take("alerts");
    const objects = here.buckets.get(bucket)?.objects;
    const own = `ledgers/account=${account}.json`;
    const ledger = objects?.get(own);
    if (objects === undefined || ledger === undefined) throw new Error("there is no ledger");
    objects.set("ledger.json", ledger);
    objects.delete(own);
    await audit("one");
    expect(take("findings")).toEqual([]);
    await audit("two");
    expect(take("findings")).toEqual(["audit.completed"]);
    expect(take("alerts")).toEqual([]);
    expect(objects.has(own)).toBe(true);
  }, 30_000);

  test("resolves fixed findings", async () => {
    const legacy = here.addInstance({ identifier: "legacy" });
    await audit("one");
    take("findings");
    here.instances.delete(legacy.DBInstanceIdentifier);
    here.addInstance({ identifier: "legacy", managed: true });
    await audit("two");
    expect(take("findings")).toContain("finding.resolved master-password-managed legacy");
  }, 30_000);

  test("emits metrics of the fleet", async () => {
    here.addInstance({ identifier: "legacy" });
    const ended = await audit("one");
    expect(measured(ended, "Findings")).toContainEqual(expect.objectContaining({ severity: "high", Findings: 1 }));
    expect(measured(ended, "Databases")).toContainEqual(
      expect.objectContaining({ management: "unmanaged", Databases: 1 }),
    );
    expect(measured(ended, "AuditCompleted")).toContainEqual(expect.objectContaining({ AuditCompleted: 1 }));
    expect(measured(ended, "DeliveryFailures")).toEqual([expect.objectContaining({ DeliveryFailures: 0 })]);
  }, 30_000);

  test.each([
    ["findings", { action: "sns:Publish", matching: ":findings", kind: "deny" }],
    ["alerts", { action: "sns:Publish", matching: ":alerts", kind: "deny" }],
    ["store", { action: "s3:*", kind: "deny" }],
    ["securityHub", { action: "securityhub:BatchImportFindings", kind: "deny" }],
  ] as const)(
    "%s fails: the others get everything, it is counted, and the next audit makes up for it",
    async (destination, fault) => {
      here.enableSecurityHub();
      here.addInstance({ identifier: "legacy" });
      const repair = cloud.fault(fault);
      const failed = await audit("one", { SECURITY_HUB: "on" });
      expect(failed.error).toBeNull();
      expect(measured(failed, "DeliveryFailures")).toContainEqual(expect.objectContaining({ destination }));
      const opened = "finding.opened master-password-managed legacy";
      expect(take("findings").includes(opened)).toBe(destination !== "findings");
      expect(take("alerts").length > 0).toBe(destination !== "alerts");
      expect(here.securityHub.findings.size > 0).toBe(destination !== "securityHub");

      repair();
      const next = await audit("two", { SECURITY_HUB: "on" });
      expect(measured(next, "DeliveryFailures")).toEqual([expect.objectContaining({ DeliveryFailures: 0 })]);
      // Without its ledger the service publishes again rather than not at all.
      expect(take("findings").includes(opened)).toBe(destination === "findings" || destination === "store");
      expect(take("alerts").length > 0).toBe(destination === "alerts" || destination === "store");
      expect([...here.securityHub.findings.keys()]).toHaveLength(1);
      expect(here.buckets.get(bucket)?.objects.has(`ledgers/account=${account}.json`)).toBe(true);
    },
    60_000,
  );

  test("measures an incomplete audit, and resolves nothing", async () => {
    here.addInstance({ identifier: "legacy" });
    await audit("one");
    take("findings");
    cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny" });
    const blind = await audit("two");
    expect(measured(blind, "AuditIncomplete")).toContainEqual(expect.objectContaining({ AuditIncomplete: 1 }));
    expect(take("findings")).toEqual(["audit.completed"]);
  }, 30_000);

  test("publishes only the digest if a failed list leaves a managed database unjudged, then and afterwards", async () => {
    here.addInstance({ identifier: "orders", managed: true });
    const repair = cloud.fault({ action: "secretsmanager:ListSecrets", kind: "deny" });
    expect((await audit("one")).answer).toEqual({ changes: 0, clean: false });
    expect(reportSchema.parse(stored("latest.json")).summary.findings.insufficientData).toBeGreaterThan(1);
    repair();
    expect((await audit("two")).answer).toEqual({ changes: 0, clean: true });
    expect(take("findings")).toEqual(["audit.completed", "audit.completed"]);
    expect(take("alerts")).toEqual([]);
  }, 30_000);

  test("delivers 600 changes to a slow topic in several short invocations, each change at most twice", async () => {
    for (let index = 0; index < 600; index += 1) here.addInstance({ identifier: `db-${index}` });
    await slowDown(80);
    const delivered: string[] = [];
    let runs = 0;
    while (new Set(delivered).size < 600 && runs < 8) {
      runs += 1;
      const ended = await audit(`run-${runs}`, {}, 6);
      expect(ended.error).toBeNull();
      delivered.push(...take("findings").filter((message) => message.startsWith("finding.opened")));
      if (delivered.length >= 600) break;
      expect(measured(ended, "DeliveryFailures")).toContainEqual(expect.objectContaining({ destination: "findings" }));
      expect(JSON.stringify(ended.logged)).toContain("the invocation ran out of time");
    }
    expect(new Set(delivered).size).toBe(600);
    expect(
      Math.max(...[...Map.groupBy(delivered, (message) => message).values()].map(({ length }) => length)),
    ).toBeLessThan(3);
    expect(runs).toBeGreaterThan(1);
  }, 90_000);

  test.each([["kms:DescribeKey"], ["rds:DescribeDBClusters"]])(
    "a hanging %s ends in a partial report with a gap, before Lambda ends the function",
    async (action) => {
      here.addInstance({ identifier: "orders", managed: true });
      here.addInstance({ identifier: "legacy" });
      cloud.fault({ action, kind: "hang" });
      const ended = await audit("one", {}, 6);
      expect(ended.error).toBeNull();
      expect(ended.answer).toMatchObject({ clean: false });
      expect(reportSchema.parse(stored("latest.json")).coverage.gaps).toContainEqual(
        expect.objectContaining({ action, code: "DeadlineExceeded" }),
      );
      expect(measured(ended, "AuditIncomplete")).toContainEqual(expect.objectContaining({ AuditIncomplete: 1 }));
    },
    30_000,
  );

  test("a hanging topic does not keep the ledger from being written", async () => {
    here.addInstance({ identifier: "legacy" });
    const repair = cloud.fault({ action: "sns:Publish", matching: ":findings", kind: "hang" });
    const ended = await audit("one", {}, 6);
    expect(ended.error).toBeNull();
    expect(measured(ended, "DeliveryFailures")).toContainEqual(expect.objectContaining({ destination: "findings" }));
    expect(take("alerts")).toHaveLength(1);
    repair();
    await audit("two");
    expect(take("findings")).toContain("finding.opened master-password-managed legacy");
    expect(take("alerts")).toEqual([]);
  }, 30_000);

  test("rejects an invalid event by name, and evaluates nothing", async () => {
    const { error, logged } = await invoke("audit", { time: "now" });
    expect(error).not.toBeNull();
    expect(logged).toContainEqual(expect.objectContaining({ level: "ERROR", function_request_id: "request-1" }));
    expect(simulator.calls).toEqual([]);
  }, 30_000);

  test.each([
    ["ALERT_THRESHOLD", "hihg"],
    ["REGIONS", "eu-west"],
    ["FINDINGS_TOPIC_ARN", "findings"],
    ["SECURITY_HUB", "yes"],
  ])(
    "%s=%s does not start",
    async (variable, value) => {
      expect((await audit("one", { [variable]: value })).error).toContain(variable);
      expect(simulator.calls).toEqual([]);
    },
    30_000,
  );
});

describe("recheck", () => {
  const rdsEvent = (SourceIdentifier: string, id = "event-1") => ({
    id,
    "detail-type": "RDS DB Instance Event",
    source: "aws.rds",
    account,
    region: "eu-west-1",
    time: "2026-11-24T19:34:09Z",
    detail: { SourceType: "DB_INSTANCE", SourceIdentifier, EventID: "RDS-EVENT-0043" },
  });

  test("publishes a restored database at once, and reads only that one", async () => {
    here.addInstance({ identifier: "orders-restored" });
    here.addInstance({ identifier: "other" });
    const ended = await invoke("recheck", rdsEvent("orders-restored"));
    expect(ended.error).toBeNull();
    expect(take("findings")).toEqual(["finding.opened master-password-managed orders-restored"]);
    expect(simulator.calls.map(({ action }) => action)).not.toContain("secretsmanager:ListSecrets");
  }, 60_000);

  test("without a delivery says nothing about the health of destinations", async () => {
    here.addInstance({ identifier: "legacy" });
    const first = await invoke("recheck", rdsEvent("legacy"));
    expect(measured(first, "DeliveryFailures")).toEqual([expect.objectContaining({ DeliveryFailures: 0 })]);
    const second = await invoke("recheck", rdsEvent("legacy", "event-2"));
    expect([second.error, measured(second, "DeliveryFailures")]).toEqual([null, []]);
  }, 60_000);

  test("rejects an event of another account, logs why, and reads and publishes nothing", async () => {
    here.addInstance({ identifier: "legacy" });
    const { error, logged } = await invoke("recheck", { ...rdsEvent("legacy"), account: "222222222222" });
    const message = "The event is from account 222222222222, but this function rechecks only account 111111111111.";
    expect(error).toContain(message);
    expect(JSON.stringify(logged)).toContain(message);
    expect(simulator.calls).toEqual([]);
  }, 30_000);

  test("rejects an event of an unknown type", async () => {
    const { error } = await invoke("recheck", { ...rdsEvent("orders"), "detail-type": "Something Else" });
    expect(error).not.toBeNull();
    expect(simulator.calls).toEqual([]);
  }, 30_000);
});

describe("configRule", () => {
  const capturedAt = "2026-11-24T01:36:34.043Z";
  const configEvent = (invokingEvent: unknown, more: Record<string, unknown> = {}) => ({
    version: "1.0",
    accountId: account,
    configRuleName: "rds-password-audit-prod-master-password-managed",
    configRuleArn: `arn:aws:config:eu-west-1:${account}:config-rule/config-rule-abc`,
    ruleParameters: JSON.stringify({ rule: "master-password-managed" }),
    resultToken: here.addConfigRule("rds-password-audit-prod-master-password-managed").resultToken,
    eventLeftScope: false,
    invokingEvent: JSON.stringify(invokingEvent),
    ...more,
  });
  const item = (resourceId: string, more: Record<string, unknown> = {}) => ({
    awsAccountId: account,
    awsRegion: "eu-west-1",
    resourceType: "AWS::RDS::DBInstance",
    resourceId,
    configurationItemStatus: "OK",
    configurationItemCaptureTime: capturedAt,
    ...more,
  });
  const change = (configurationItem: unknown) => ({
    messageType: "ConfigurationItemChangeNotification",
    configurationItem,
  });
  const scheduled = {
    messageType: "ScheduledNotification",
    awsAccountId: account,
    notificationCreationTime: "2026-11-24T21:50:00.373Z",
  };
  const evaluations = () =>
    [...here.evaluations.values()]
      .map(({ ComplianceResourceId, ComplianceType }) => [ComplianceResourceId, ComplianceType])
      .sort();

  test("a change causes one evaluation, of the live database, ordered by the capture time", async () => {
    const legacy = here.addInstance({ identifier: "legacy" });
    here.addInstance({ identifier: "other" });
    const ended = await invoke("configRule", configEvent(change(item(legacy.DbiResourceId))));
    expect(ended).toMatchObject({ error: null, answer: { sent: 1, retired: 0, withheld: 0 } });
    const [evaluation] = here.evaluations.values();
    expect(evaluation).toMatchObject({ ComplianceResourceId: legacy.DbiResourceId, ComplianceType: "NON_COMPLIANT" });
    expect(evaluation?.Annotation).toContain("RDS does not manage the master password of");
    expect(evaluation?.OrderingTimestamp).toEqual(new Date(capturedAt));
  }, 30_000);

  test("an oversized change and a deleted database", async () => {
    const orders = here.addInstance({ identifier: "orders", managed: true });
    const oversized = {
      messageType: "OversizedConfigurationItemChangeNotification",
      configurationItemSummary: item(orders.DbiResourceId),
    };
    await invoke("configRule", configEvent(oversized));
    await invoke("configRule", configEvent(change(item("db-GONE", { configurationItemStatus: "ResourceDeleted" }))));
    expect(evaluations()).toEqual(
      [
        ["db-GONE", "NOT_APPLICABLE"],
        [orders.DbiResourceId, "COMPLIANT"],
      ].sort(),
    );
  }, 30_000);

  test("evaluates a fleet of 250 in pages, and retires a deleted database", async () => {
    for (let index = 0; index < 250; index += 1) here.addInstance({ identifier: `db-${index}`, managed: index > 0 });
    const gone = here.addInstance({ identifier: "gone" });
    await invoke("configRule", configEvent(scheduled));
    here.instances.delete("gone");
    const ended = await invoke("configRule", configEvent(scheduled));
    expect(ended.answer).toEqual({ sent: 251, retired: 1, withheld: 0 });
    const statuses = evaluations();
    expect(statuses).toHaveLength(251);
    expect(statuses).toContainEqual([gone.DbiResourceId, "NOT_APPLICABLE"]);
    expect(statuses.filter(([, status]) => status === "COMPLIANT")).toHaveLength(249);
    // Three pages of 251, three of 250, and one that retires.
    expect(simulator.calls.filter(({ action }) => action === "config:PutEvaluations")).toHaveLength(7);
  }, 60_000);

  test("a scan that is denied halfway retires and passes nothing that was not read", async () => {
    for (let index = 0; index < 150; index += 1) here.addInstance({ identifier: `db-${index}`, managed: true });
    await invoke("configRule", configEvent(scheduled));
    const before = evaluations();
    here.evaluations.clear();
    cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny", skip: 1 });
    const ended = await invoke("configRule", configEvent(scheduled));
    expect(ended.error).toContain("rds:DescribeDBInstances failed with AccessDenied");
    expect(evaluations()).toHaveLength(100);
    expect(before).toEqual(expect.arrayContaining(evaluations()));
  }, 60_000);

  test("withholds and measures verdicts that AWS Config has no status for", async () => {
    here.addInstance({ identifier: "orders", managed: true });
    cloud.fault({ action: "secretsmanager:ListSecrets", kind: "deny" });
    here.addInstance({ identifier: "legacy" });
    const event = configEvent(scheduled, { ruleParameters: JSON.stringify({ rule: "rotation-enabled" }) });
    const ended = await invoke("configRule", event);
    expect(ended).toMatchObject({ error: null, answer: { sent: 1, retired: 0, withheld: 1 } });
    expect(measured(ended, "EvaluationsWithheld")).toEqual([expect.objectContaining({ EvaluationsWithheld: 1 })]);
    expect(evaluations()).toEqual([[expect.any(String), "NOT_APPLICABLE"]]);
  }, 30_000);

  test.each([
    ["is denied", { action: "rds:*", kind: "deny" }, "rds:DescribeDBInstances", "AccessDenied"],
    ["has expired credentials", { action: "rds:*", kind: "expired-token" }, "rds:DescribeDBInstances", "ExpiredToken"],
    ["may not assume its role", { action: "sts:AssumeRole", kind: "deny" }, "sts:AssumeRole", "AccessDenied"],
  ] as const)(
    "fails and logs the gap if it %s",
    async (_, fault, action, code) => {
      here.addInstance({ identifier: "orders", managed: true });
      cloud.fault(fault);
      const isForeign = fault.action === "sts:AssumeRole";
      const role = { accountId: "222222222222", executionRoleArn: "arn:aws:iam::222222222222:role/config" };
      const ended = await invoke("configRule", configEvent(scheduled, isForeign ? role : {}));
      expect(ended.error).toContain(`failed with ${code}`);
      const place = { account: isForeign ? "222222222222" : account, region: "eu-west-1" };
      expect(ended.logged).toContainEqual(expect.objectContaining({ level: "WARN", ...place, code }));
      expect(JSON.stringify(ended.logged)).toContain(action);
      expect(evaluations()).toEqual([]);
    },
    30_000,
  );

  test("stores nothing with the token TESTMODE", async () => {
    here.addInstance({ identifier: "orders", managed: true });
    const ended = await invoke("configRule", configEvent(scheduled, { resultToken: "TESTMODE" }));
    expect(ended.answer).toEqual({ sent: 1, retired: 0, withheld: 0 });
    expect(evaluations()).toEqual([]);
  }, 30_000);

  test.each([
    ["a rule that there is not", { ruleParameters: '{"rule":"rotation-enable"}' }, /rotation-enable.*rotation-enabled/],
    ["an unknown message type", { invokingEvent: '{"messageType":"Nonsense"}' }, /./],
    ["an invoking event that is not JSON", { invokingEvent: "{" }, /./],
  ])(
    "%s is refused, and nothing is evaluated",
    async (_, more, message) => {
      const { error } = await invoke("configRule", { ...configEvent(scheduled), ...more });
      expect(error).toMatch(message);
      expect(simulator.calls).toEqual([]);
    },
    30_000,
  );
});
