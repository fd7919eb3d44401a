import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { toggleTagKey } from "../../lib/model/database.ts";
import type { RemediationRequest } from "../../lib/model/remediation-request.ts";
import {
  emptyRemediationState,
  type RemediationState,
  remediationStateSchema,
} from "../../lib/model/remediation-state.ts";
import { formatToggleMarker } from "../../lib/model/toggle-marker.ts";
import { createCloud } from "../../simulator/cloud.ts";
import type { DBInstance, SimulatedKey } from "../../simulator/resources.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";
import type { Cloud, Region } from "../../simulator/state.ts";
import { type Packaged, readPackaged, repairing } from "../deployment/packaged.ts";
import { expectGolden } from "../golden/golden.ts";
import { type Front, startFront } from "../support/front.ts";
import { type HistoryEvent, measured, type UnpackedFunction, unpackFunction } from "../support/invoke-packaged.ts";

const account = "111111111111";
const region = "eu-west-1";
const bucket = "reports";
const optedIn = { "password-repair": "allowed" };
const person = `arn:aws:sts::${account}:assumed-role/Operator/jane`;
const alias = `arn:aws:lambda:${region}:${account}:function:rds-password-audit-prod-remediate:durable`;

let packaged: Packaged;
let functions: Record<"audit" | "recheck" | "remediate", UnpackedFunction>;
let cloud: Cloud;
let here: Region;
let required: SimulatedKey;
let simulator: Simulator;
let port: number | undefined;
/** Lambda itself: it takes every execution that is started, and begins none. */
let lambda: Front;

beforeAll(async () => {
  packaged = await readPackaged(repairing);
  functions = {
    audit: unpackFunction(packaged, "audit"),
    recheck: unpackFunction(packaged, "recheck"),
    remediate: unpackFunction(packaged, "remediate"),
  };
  lambda = await startFront({ answer: () => ({ status: 202, body: "" }) });
}, 120_000);

afterAll(async () => {
  for (const one of Object.values(functions)) one.stop();
  for (const { folder } of Object.values(functions)) rmSync(folder, { recursive: true, force: true });
  await lambda.close();
});

beforeEach(async () => {
  cloud = createCloud({ now: new Date() });
  here = cloud.region(account, region);
  here.addBucket(bucket);
  here.addTopic("findings");
  here.addTopic("alerts");
  required = here.addKey({ alias: "alias/databases" });
  // Virtual time passes with each call, so that what is waited for comes. The same port for every test: the functions stay warm.
  simulator = await startSimulator(cloud, { secondsPerCall: 40, ...(port === undefined ? {} : { port }) });
  port = simulator.port;
  lambda.requests.splice(0);
});

afterEach(() => simulator.close());

type Changes = { readonly answers?: Readonly<Record<string, unknown>>; readonly env?: Record<string, string> };

/** The environment that the template gives a function, its resources being the simulator's. */
const options = ({ env = {} }: Changes = {}) => ({
  references: {
    "AWS::Region": region,
    ReportBucket: bucket,
    FindingsTopic: topicArn("findings"),
    AlertsTopic: topicArn("alerts"),
    RemediateDurableLambdaAlias: alias,
  },
  env: {
    AWS_ENDPOINT_URL: simulator.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
    AWS_ACCESS_KEY_ID: account,
    ...env,
  },
});

function topicArn(name: string): string {
  return `arn:aws:sns:${region}:${account}:${name}`;
}

const execute = (request: unknown, { answers = {}, ...changes }: Changes = {}) =>
  functions.remediate.execute(request, { ...options(changes), answers });

/** A DB instance that is opted in, whose maintenance window begins in so many hours and lasts for four. */
function addDatabase(
  identifier: string,
  { windowInHours = -2, ...more }: Partial<Parameters<Region["addInstance"]>[0]> & { windowInHours?: number } = {},
): DBInstance {
  const toTime = (hours: number) => {
    const at = new Date(Date.now() + hours * 3_600_000);
    return `${["sun", "mon", "tue", "wed", "thu", "fri", "sat"][at.getUTCDay()]}:${at.toISOString().slice(11, 16)}`;
  };
  const PreferredMaintenanceWindow = `${toTime(windowInHours)}-${toTime(windowInHours + 4)}`;
  return here.addInstance({ identifier, tags: optedIn, ...more, overrides: { PreferredMaintenanceWindow } });
}

function toOrder(database: DBInstance, action: RemediationRequest["action"], rule: string): RemediationRequest {
  const { DBInstanceArn: arn, DBInstanceIdentifier: identifier, DbiResourceId: resourceId } = database;
  const severity = "high";
  return { action, rule, severity, database: { arn, kind: "instance", identifier, resourceId, account, region } };
}

/** What a topic was sent: the machines' messages by their type, the people's by their title. */
function notified(topic: "findings" | "alerts"): string[] {
  const messages = here.topics.get(topicArn(topic))?.messages ?? [];
  return messages.map(({ Message }) => {
    const { type, content } = JSON.parse(Message);
    return content === undefined ? type : content.title;
  });
}

function lastMessage(): Record<string, unknown> {
  return JSON.parse(here.topics.get(topicArn("findings"))?.messages.at(-1)?.Message ?? "null");
}

function state(): RemediationState {
  return remediationStateSchema.parse(
    JSON.parse(String(here.buckets.get(bucket)?.objects.get("remediation.json")?.body)),
  );
}

function putState(change: Partial<RemediationState>): void {
  const body = JSON.stringify({ ...emptyRemediationState, ...change });
  const stored = { body, ETag: '"1"', LastModified: new Date(), contentType: "application/json", metadata: {} };
  here.buckets.get(bucket)?.objects.set("remediation.json", stored);
}

/** The calls that changed something of a database or its secret. */
function changes(): string[] {
  const isRead = /:(Describe|List|Get|Generate)/;
  return simulator.calls
    .map(({ action }) => action)
    .filter((action) => /^(rds|secretsmanager|kms):/.test(action) && !isRead.test(action));
}

/** The operations of an execution in their order, each with its name and kind, and how it ended where that was not well. */
function toHistory(events: readonly HistoryEvent[]): string {
  const operations = new Map<string, { line: string; depth: number; failed: boolean }>();
  for (const { EventType, Id, ParentId, SubType, Name = "" } of events as readonly Record<string, string>[]) {
    if (SubType === undefined || Id === undefined) continue;
    const depth = (operations.get(ParentId ?? "")?.depth ?? -1) + 1;
    const name = Name.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, "…");
    const line = `${"  ".repeat(depth)}${SubType}${name === "" ? "" : `: ${name}`}`;
    const operation = operations.get(Id) ?? { line, depth, failed: false };
    operations.set(Id, { ...operation, failed: EventType?.endsWith("Failed") === true });
  }
  return `${[...operations.values()].map(({ line, failed }) => (failed ? `${line} (failed)` : line)).join("\n")}\n`;
}

describe("an execution", () => {
  test("requests approval, waits two days for the window, and toggles to the required key", async () => {
    const orders = addDatabase("orders", { managed: true, windowInHours: 48 });
    const before = orders.MasterUserSecret?.SecretArn;
    const execution = await execute(toOrder(orders, "toggle", "secret-key-as-required"), {
      answers: { "request approval of toggle": { decision: "approved", by: person } },
      // A process of its own, because its clock is two days ahead in the end.
      env: { WAITS: "two days" },
    });
    expect(execution).toMatchObject({
      status: "SUCCEEDED",
      result: [{ action: "toggle", outcome: { end: "repaired", remarks: [] } }],
    });
    expect(execution.invocations).toBeGreaterThanOrEqual(3);
    const [waited] = execution.events.flatMap(
      ({ WaitStartedDetails }) => (WaitStartedDetails as { Duration?: number } | undefined)?.Duration ?? [],
    );
    expect(waited).toBeGreaterThan(47.9 * 3600);
    expect(waited).toBeLessThanOrEqual(48 * 3600);
    expect(orders.MasterUserSecret).toMatchObject({ KmsKeyId: required.Arn, SecretStatus: "active" });
    expect(orders.MasterUserSecret?.SecretArn).not.toBe(before);
    expect(here.secrets.has(before ?? "")).toBe(false);
    expect(orders.TagList.map(({ Key }) => Key)).toEqual(["password-repair"]);
    expect(notified("findings")).toEqual([
      "remediation.approval-requested",
      "remediation.started",
      "secret.replaced",
      "remediation.succeeded",
    ]);
    expect(notified("alerts")).toHaveLength(4);
    expect(lastMessage()).toMatchObject({ action: "toggle", database: { identifier: "orders" } });
    expect(state()).toMatchObject({
      running: [],
      secretSnapshots: {},
      attempts: [{ action: "toggle", outcome: "repaired" }],
    });
    expect(measured(execution, "Remediations")).toContainEqual(
      expect.objectContaining({ outcome: "repaired", Remediations: 1 }),
    );
    expectGolden("history-toggle", toHistory(execution.events));
  }, 60_000);

  test("that is rejected changes nothing and is no failure", async () => {
    const orders = addDatabase("orders", { managed: true });
    const execution = await execute(toOrder(orders, "toggle", "secret-key-as-required"), {
      answers: { "request approval of toggle": { decision: "rejected", by: person } },
    });
    expect(execution).toMatchObject({
      status: "SUCCEEDED",
      result: [{ outcome: { end: "refused", gates: [{ gate: "approved" }] } }],
    });
    expect(changes()).toEqual([]);
    expect(notified("findings")).toEqual(["remediation.approval-requested", "remediation.refused"]);
    expect(lastMessage().message).toContain(`rejected by ${person}`);
    // A no holds for a while: nobody is asked again the next day.
    expect(state()).toMatchObject({ running: [], attempts: [{ outcome: "rejected" }], failuresInARow: 0 });
    expectGolden("history-rejected", toHistory(execution.events));
  }, 60_000);

  test("with a closed gate changes nothing, requests no approval, and names the gate", async () => {
    const orders = addDatabase("orders", { managed: true, tags: {} });
    const execution = await execute(toOrder(orders, "toggle", "secret-key-as-required"));
    expect(execution.status).toBe("SUCCEEDED");
    expect(changes()).toEqual([]);
    expect(notified("findings")).toEqual(["remediation.refused"]);
    expect(lastMessage().gates).toContainEqual(expect.objectContaining({ gate: "opted-in", open: false }));
  }, 60_000);

  test("changes nothing if the deployment has repairs off", async () => {
    const orders = addDatabase("orders", { managed: { RotationEnabled: false } });
    const request = toOrder(orders, "schedule-rotation", "rotation-enabled");
    expect((await execute(request, { env: { REMEDIATION: "off" } })).status).toBe("SUCCEEDED");
    expect(changes()).toEqual([]);
    expect(lastMessage().gates).toEqual([expect.objectContaining({ gate: "enabled" })]);
  }, 60_000);

  test("that fails is FAILED, for the alarm, and notified", async () => {
    const orders = addDatabase("orders", {
      managed: { kmsKeyId: required.Arn, NextRotationDate: new Date(Date.now() - 1e9) },
    });
    cloud.fault({ action: "rds:ModifyDBInstance", kind: "deny" });
    const execution = await execute(toOrder(orders, "rotate", "rotation-on-schedule"));
    expect(execution.status).toBe("FAILED");
    expect(execution.error?.errorMessage).toMatch(/^rotate failed: .*not authorized to perform: rds:ModifyDBInstance/);
    expect(notified("findings").at(-1)).toBe("remediation.failed");
    expect(state()).toMatchObject({
      running: [],
      attempts: [{ action: "rotate", outcome: "failed" }],
      failuresInARow: 1,
    });
    expect(measured(execution, "Remediations")).toContainEqual(
      expect.objectContaining({ outcome: "failed", Remediations: 1 }),
    );
    expect(execution.logged).toContainEqual(
      expect.objectContaining({ level: "ERROR", message: "The invocation failed." }),
    );
  }, 60_000);

  test("with an invalid request is FAILED before anything is read", async () => {
    const execution = await execute({ action: "toggle", database: "orders" });
    expect(execution.status).toBe("FAILED");
    expect(simulator.calls).toEqual([]);
  }, 60_000);

  test.each([
    ["schedule-rotation", "rotation-enabled", { RotationEnabled: false }],
    [
      "rotate",
      "rotation-on-schedule",
      { NextRotationDate: new Date(Date.now() - 1e9), LastRotatedDate: new Date(Date.now() - 2e9) },
    ],
    ["enable", "master-password-managed", null],
  ] as const)(
    "repairs with %s",
    async (action, rule, managed) => {
      const orders = addDatabase("orders", {
        managed: managed === null ? false : { kmsKeyId: required.Arn, ...managed },
      });
      const execution = await execute(toOrder(orders, action, rule));
      expect(execution).toMatchObject({ status: "SUCCEEDED", result: [{ action, outcome: { end: "repaired" } }] });
      expect(notified("findings").at(-1)).toBe("remediation.succeeded");
      expectGolden(`history-${action}`, toHistory(execution.events));
    },
    60_000,
  );
});

/** The executions that Lambda was asked to start. */
function started(): { name: string | undefined; request: RemediationRequest }[] {
  return lambda.requests.map(({ path, headers, body }) => {
    expect(decodeURIComponent(path)).toBe(`/2015-03-31/functions/${alias}/invocations`);
    return { name: headers["x-amz-durable-execution-name"], request: JSON.parse(body) };
  });
}

describe("an audit", () => {
  const audit = (env = {}) => functions.audit.invoke({ id: crypto.randomUUID() }, options({ env }));

  test("starts an execution for each database that waits only for approval and its window", async () => {
    const orders = addDatabase("orders", { managed: true, windowInHours: 48 });
    addDatabase("not-opted-in", { managed: true, tags: {} });
    const ended = await audit();
    expect(ended.error).toBeNull();
    expect(started()).toEqual([
      {
        name: expect.stringMatching(new RegExp(`^${orders.DbiResourceId}-1-\\d{8}$`)),
        request: toOrder(orders, "toggle", "secret-key-as-required"),
      },
    ]);
    expect(measured(ended, "DeliveryFailures")).toEqual([expect.objectContaining({ DeliveryFailures: 0 })]);
    expect(changes()).toEqual([]);
  }, 60_000);

  test("publishes even if executions cannot be started, and counts that", async () => {
    addDatabase("orders", { managed: true });
    const ended = await audit({ AWS_ENDPOINT_URL_LAMBDA: "http://127.0.0.1:9", AWS_MAX_ATTEMPTS: "1" });
    expect(ended.error).toBeNull();
    expect(notified("findings")).toContain("finding.opened");
    expect(measured(ended, "DeliveryFailures")).toContainEqual(
      expect.objectContaining({ destination: "remediation", DeliveryFailures: 1 }),
    );
  }, 60_000);

  test("reads and starts nothing for repairs if they are off", async () => {
    addDatabase("orders", { managed: true });
    expect((await audit({ REMEDIATE_FUNCTION_ARN: "" })).error).toBeNull();
    expect(started()).toEqual([]);
    const called = simulator.calls.map(({ action }) => action);
    expect(called).not.toContain("rds:DescribeDBProxies");
    expect(called).not.toContain("kms:GenerateDataKey");
  }, 60_000);

  test("ends expired executions and notifies", async () => {
    const orders = addDatabase("orders", { managed: true });
    putState({ running: [aRunning(orders, { expiresAt: new Date(Date.now() - 1000).toISOString() })] });
    await audit();
    expect(state()).toMatchObject({ running: [], attempts: [{ outcome: "interrupted" }] });
    const [failure] =
      here.topics.get(topicArn("findings"))?.messages.filter(({ Message }) => /remediation\.failed/.test(Message)) ??
      [];
    expect(JSON.parse(failure?.Message ?? "null")).toMatchObject({
      managed: true,
    });
  }, 60_000);
});

function aRunning(
  { DBInstanceArn: arn, DbiResourceId: resourceId }: DBInstance,
  more = {},
): RemediationState["running"][number] {
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const expiresAt = new Date(Date.now() + 48 * 3_600_000).toISOString();
  const what = { action: "toggle", rule: "secret-key-as-required", isChanging: true } as const;
  return { execution: "db-ORDERS-1", resourceId, arn, account, region, ...what, since, expiresAt, ...more };
}

describe("an execution that was killed", () => {
  const recheck = (status: string, name = "db-ORDERS-1") =>
    functions.recheck.invoke(
      {
        ...{ id: crypto.randomUUID(), "detail-type": "Durable Execution Status Change", source: "aws.lambda" },
        ...{ account, region, time: "2026-11-24T13:08:22Z" },
        detail: {
          durableExecutionArn: `${alias.replace("durable", "7")}/durable-execution/${name}/9f7d84c9-ea3d-3ffc-b3e5-5ec51c34ffc9`,
          durableExecutionName: name,
          functionArn: alias.replace("durable", "7"),
          status,
          startTimestamp: "2026-11-24T12:08:22.345Z",
        },
      },
      options(),
    );

  test("with management off is reported at once, and the next execution finishes it", async () => {
    const marker = {
      ...{ startedAt: new Date().toISOString(), keyReference: required.Arn, execution: "db-ORDERS-1" },
      oldSecretSuffix: "AbCdEf",
    };
    const orders = addDatabase("orders", { tags: { ...optedIn, [toggleTagKey]: formatToggleMarker(marker) } });
    const snapshot = {
      ...{ rule: "secret-key-as-required", offRequestedAt: "2026-11-20T12:00:05.000Z" },
      ...{ secretArn: `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-old-AbCdEf`, keyReference: null },
      ...{ rotationEnabled: true, rotationRules: null, tags: {}, resourcePolicy: null },
    };
    putState({ running: [aRunning(orders)], secretSnapshots: { [orders.DbiResourceId]: snapshot } });
    expect((await recheck("TIMED_OUT")).error).toBeNull();
    expect(notified("alerts")).toContainEqual(expect.stringContaining("Management is OFF on DB instance orders"));
    const failure = here.topics
      .get(topicArn("findings"))
      ?.messages.find(({ Message }) => /remediation\.failed/.test(Message));
    expect(JSON.parse(failure?.Message ?? "null")).toMatchObject({
      execution: "db-ORDERS-1",
      managed: false,
      message: expect.stringMatching(/^The execution ended with status TIMED_OUT\./),
      recovery: [
        expect.stringContaining(`--manage-master-user-password --master-user-secret-kms-key-id ${required.Arn}`),
      ],
    });
    expect(state()).toMatchObject({
      running: [],
      attempts: [{ outcome: "interrupted" }],
      ended: { [orders.DbiResourceId]: 1 },
    });
    const [next] = started();
    expect(next).toMatchObject({ name: expect.stringMatching(/-2-\d{8}$/), request: { action: "finish-interrupted" } });

    const execution = await execute(next?.request);
    expect(execution).toMatchObject({ status: "SUCCEEDED", result: [{ outcome: { end: "repaired" } }] });
    expect(orders.MasterUserSecret).toMatchObject({ KmsKeyId: required.Arn, SecretStatus: "active" });
    expect(orders.TagList.map(({ Key }) => Key)).toEqual(["password-repair"]);
    expectGolden("history-finish-interrupted", toHistory(execution.events));
  }, 60_000);

  test("is not reported if it had ended itself", async () => {
    addDatabase("orders", { managed: true });
    expect((await recheck("FAILED")).answer).toEqual({ changes: 0 });
    expect([notified("findings"), notified("alerts"), started()]).toEqual([[], [], []]);
  }, 60_000);
});
