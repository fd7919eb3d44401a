import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import { createRepairs } from "../../lib/aws/create-repairs.ts";
import type { RegionPort } from "../../lib/collect/region-port.ts";
import type { Database } from "../../lib/model/database.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import type { RepairPort } from "../../lib/remediate/repair.ts";
import { type Aws, account, startAws } from "../simulator/aws.ts";
import { type Front, type FrontOptions, startFront, type WireRequest } from "../support/front.ts";

let aws: Aws;
let front: Front;
let key: string;
let port: RegionPort & RepairPort;

const scope = { account, region: "eu-west-1", partition: "aws" };

beforeEach(async () => {
  aws = await startAws();
  const { region } = aws;
  key = region.addKey({ alias: "alias/payments" }).Arn;
  region.addInstance({ identifier: "orders", managed: true });
  region.addInstance({ identifier: "legacy" });
  region.addCluster({ identifier: "shop", managed: true });
  region.addCluster({ identifier: "archive" });
  region.addInstance({ identifier: "billing", engine: "oracle-ee-cdb", MultiTenant: true });
  region.addTenantDatabase({ instance: "billing", name: "EU", managed: true });
  region.addTenantDatabase({ instance: "billing", name: "CH" });
  aws.cloud.advance({ seconds: 600 });
  front = await open({ backend: aws.simulator.endpoint });
  port = connect(front.endpoint);
});
afterEach(async () => {
  await Promise.all(fronts.splice(0).map((one) => one.close()));
  await aws.stop();
});

const fronts: Front[] = [];
async function open(options: FrontOptions): Promise<Front> {
  const opened = await startFront(options);
  fronts.push(opened);
  return opened;
}

/** The SDK clients, as the service creates them. */
function connect(endpoint: string, more: { maxAttempts?: number; requestTimeoutSeconds?: number } = {}) {
  const credentials = { accessKeyId: account, secretAccessKey: "not-verified" };
  return createAccount({ name: "the test", endpoint, credentials, maxAttempts: 1, ...more }).region(scope);
}

async function find(identifier: string): Promise<Database> {
  const lists = [
    port.describeDBInstances(),
    port.describeDBClusters(),
    port.describeTenantDatabases({ by: "container", value: "billing" }),
  ];
  for (const list of lists)
    for await (const page of list) for (const database of page) if (database.identifier === identifier) return database;
  throw new Error(`there is no ${identifier}`);
}

const isManaged = async (identifier: string) => (await find(identifier)).masterUserSecret !== null;
const secretOf = async (identifier: string) => {
  const { masterUserSecret } = await find(identifier);
  return (await port.describeSecret(masterUserSecret?.secretArn ?? "")) ?? fail("there is no secret");
};
function fail(why: string): never {
  throw new Error(why);
}

/** The last request, as it was sent. */
function sent(requests: readonly WireRequest[] = front.requests): Record<string, unknown> {
  const { operation, body, headers } = requests.at(-1) ?? fail("nothing was sent");
  if (headers["content-type"]?.includes("json")) return { operation, ...JSON.parse(body) };
  const { Action: _action, Version: _version, ...params } = Object.fromEntries(new URLSearchParams(body));
  return { operation, ...params };
}

/** A password with every character that is encoded in a request. */
const password = "Throw-Away_Passw0rd.of+30=char";

const kinds = [
  {
    kind: "an instance",
    operation: "ModifyDBInstance",
    managed: "orders",
    unmanaged: "legacy",
    toParams: (identifier: string) => ({ DBInstanceIdentifier: identifier }),
    atOnce: { ApplyImmediately: "true" },
    later: { ApplyImmediately: "false" },
    missing: "DBInstanceNotFoundFault",
  },
  {
    kind: "a cluster",
    operation: "ModifyDBCluster",
    managed: "shop",
    unmanaged: "archive",
    toParams: (identifier: string) => ({ DBClusterIdentifier: identifier }),
    atOnce: { ApplyImmediately: "true" },
    later: { ApplyImmediately: "false" },
    missing: "DBClusterNotFoundFault",
  },
  {
    kind: "a tenant database",
    operation: "ModifyTenantDatabase",
    managed: "billing/EU",
    unmanaged: "billing/CH",
    toParams: (identifier: string) => {
      const [DBInstanceIdentifier, TenantDBName] = identifier.split("/");
      return { DBInstanceIdentifier, TenantDBName };
    },
    atOnce: {},
    later: {},
    missing: "TenantDatabaseNotFoundFault",
  },
] as const;

describe.each(kinds)("$kind", ({ operation, managed, unmanaged, toParams, atOnce, later, missing }) => {
  test("is turned on with the default key", async () => {
    await port.turnOn(await find(unmanaged), { keyReference: null, applyImmediately: true });
    expect(sent()).toEqual({ operation, ...toParams(unmanaged), ManageMasterUserPassword: "true", ...atOnce });
    expect(await isManaged(unmanaged)).toBe(true);
    expect((await secretOf(unmanaged)).kmsKeyId).toBeNull();
  });

  test("is turned on with a key, and without applying other pending changes", async () => {
    await port.turnOn(await find(unmanaged), { keyReference: key, applyImmediately: false });
    expect(sent()).toEqual({
      operation,
      ...toParams(unmanaged),
      ManageMasterUserPassword: "true",
      MasterUserSecretKmsKeyId: key,
      ...later,
    });
    expect((await secretOf(unmanaged)).kmsKeyId).toBe(key);
  });

  test("is turned off at once", async () => {
    await port.turnOff(await find(managed), password);
    expect(sent()).toEqual({
      operation,
      ...toParams(managed),
      ManageMasterUserPassword: "false",
      MasterUserPassword: password,
      ...atOnce,
    });
    aws.cloud.advance({ seconds: 600 });
    expect(await isManaged(managed)).toBe(false);
  });

  test("is rotated at once", async () => {
    const before = await secretOf(managed);
    await port.rotate(await find(managed));
    expect(sent()).toEqual({ operation, ...toParams(managed), RotateMasterUserPassword: "true", ...atOnce });
    aws.cloud.advance({ seconds: 600 });
    const after = await secretOf(managed);
    expect(after.arn).toBe(before.arn);
    expect(after.lastRotatedAt).not.toBe(before.lastRotatedAt);
  });

  test("gets a tag, which is removed again", async () => {
    const { arn, tags } = await find(managed);
    await port.tagDatabase(arn, "rds-password-audit:toggle", "2026-11-24T09:00:00Z aws-managed one-1");
    expect(sent()).toEqual({
      operation: "AddTagsToResource",
      ResourceName: arn,
      "Tags.Tag.1.Key": "rds-password-audit:toggle",
      "Tags.Tag.1.Value": "2026-11-24T09:00:00Z aws-managed one-1",
    });
    expect((await find(managed)).tags).toEqual({
      ...tags,
      "rds-password-audit:toggle": "2026-11-24T09:00:00Z aws-managed one-1",
    });
    await port.untagDatabase(arn, "rds-password-audit:toggle");
    expect(sent()).toEqual({
      operation: "RemoveTagsFromResource",
      ResourceName: arn,
      "TagKeys.member.1": "rds-password-audit:toggle",
    });
    expect((await find(managed)).tags).toEqual(tags);
  });

  test.each([
    ["turned on", (database: Database) => port.turnOn(database, { keyReference: null, applyImmediately: true })],
    ["turned off", (database: Database) => port.turnOff(database, password)],
    ["rotated", (database: Database) => port.rotate(database)],
  ] as const)("that does not exist is not %s", async (_what, repair) => {
    const database = await find(managed);
    const identifier = `${database.identifier}-gone`;
    await expect(repair({ ...database, identifier })).rejects.toMatchObject({
      name: "AwsCallError",
      action: `rds:${operation}`,
      code: missing,
      message: expect.stringMatching(/not found|gone/i),
    });
  });
});

describe("a secret", () => {
  test.each([
    ["days", { automaticallyAfterDays: 30, scheduleExpression: null, duration: null }, { AutomaticallyAfterDays: 30 }],
    [
      "an expression and a window",
      { automaticallyAfterDays: null, scheduleExpression: "cron(0 4 ? * SUN *)", duration: "3h" },
      { ScheduleExpression: "cron(0 4 ? * SUN *)", Duration: "3h" },
    ],
    [
      "an expression, of which Secrets Manager says the days too",
      { automaticallyAfterDays: 10, scheduleExpression: "rate(10 days)", duration: null },
      { ScheduleExpression: "rate(10 days)" },
    ],
  ] as const)("rotates by %s in the future, not now", async (_what, rules, RotationRules) => {
    const before = await secretOf("orders");
    await port.scheduleRotation(before.arn, rules);
    expect(sent()).toEqual({
      operation: "RotateSecret",
      ClientRequestToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
      SecretId: before.arn,
      RotationRules,
      RotateImmediately: false,
    });
    aws.cloud.advance({ seconds: 600 });
    const after = await secretOf("orders");
    expect(after.rotationEnabled).toBe(true);
    expect(after.rotationRules).toMatchObject({
      scheduleExpression: rules.scheduleExpression,
      duration: rules.duration,
    });
    expect(after.lastRotatedAt).toBe(before.lastRotatedAt);
  });

  test("gets tags in addition to its own", async () => {
    const { arn, primaryArns } = await secretOf("orders");
    await port.tagSecret(arn, { team: "shop", note: "é + ü" });
    expect(sent()).toEqual({
      operation: "TagResource",
      SecretId: arn,
      Tags: [
        { Key: "team", Value: "shop" },
        { Key: "note", Value: "é + ü" },
      ],
    });
    expect(await secretOf("orders")).toMatchObject({ tags: { team: "shop", note: "é + ü" }, primaryArns });
  });

  test("gets a resource policy, unless it grants broad access", async () => {
    const { arn } = await secretOf("orders");
    const policy = '{"Version":"2012-10-17","Statement":[]}';
    await port.putResourcePolicy(arn, policy);
    expect(sent()).toEqual({
      ...{ operation: "PutResourcePolicy", SecretId: arn, ResourcePolicy: policy },
      BlockPublicPolicy: true,
    });
    expect(await port.getResourcePolicy(arn)).toBe(policy);
  });

  const rules = { automaticallyAfterDays: 7, scheduleExpression: null, duration: null };
  test.each([
    ["secretsmanager:RotateSecret", (arn: string) => port.scheduleRotation(arn, rules)],
    ["secretsmanager:TagResource", (arn: string) => port.tagSecret(arn, { team: "shop" })],
    ["secretsmanager:PutResourcePolicy", (arn: string) => port.putResourcePolicy(arn, "{}")],
  ] as const)("%s fails with the action and AWS's code", async (action, repair) => {
    const { arn } = await secretOf("orders");
    const code = "ResourceNotFoundException";
    await expect(repair(`${arn}x`)).rejects.toMatchObject({ name: "AwsCallError", action, code });
    aws.cloud.fault({ action, kind: "deny" });
    await expect(repair(arn)).rejects.toMatchObject({ name: "AwsCallError", action, code: "AccessDeniedException" });
  });
});

test.each(["rds:AddTagsToResource", "rds:RemoveTagsFromResource"])("%s fails with the action", async (action) => {
  const { arn } = await find("orders");
  aws.cloud.fault({ action, kind: "deny" });
  const repair = action.includes("Add") ? port.tagDatabase(arn, "a", "b") : port.untagDatabase(arn, "a");
  await expect(repair).rejects.toMatchObject({ name: "AwsCallError", action, code: "AccessDenied" });
});

test("counts each call once", async () => {
  const database = await find("orders");
  const before = port.calls();
  await port.rotate(database);
  await port.tagDatabase(database.arn, "a", "b");
  expect(port.calls()).toBe(before + 2);
});

test("a call whose answer is lost is repeated, and refused while RDS works on the first; management is off", async () => {
  const database = await find("orders");
  aws.cloud.fault({ action: "rds:ModifyDBInstance", kind: "disconnect", takesEffect: true, times: 1 });
  const off = connect(front.endpoint, { maxAttempts: 2 }).turnOff(database, password);
  await expect(off).rejects.toMatchObject({ code: "InvalidDBInstanceStateFault" });
  const [first, second, ...more] = front.requests.filter(({ operation }) => operation === "ModifyDBInstance");
  expect([second?.body, more]).toEqual([first?.body, []]);
  aws.cloud.advance({ seconds: 600 });
  expect(await isManaged("orders")).toBe(false);
});

describe("the password", () => {
  const xmlError = (code: string, message: string) =>
    `<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
  const xml = { "content-type": "text/xml" };

  /** Ways in which turning off can fail; each answer repeats the request, which contains the password. */
  const failures: readonly [string, NonNullable<FrontOptions["answer"]>][] = [
    [
      "denied",
      ({ body }) => ({ status: 403, headers: xml, body: xmlError("AccessDenied", body.replaceAll("&", "&amp;")) }),
    ],
    [
      "refused in its own words",
      ({ body }) => ({
        status: 400,
        headers: xml,
        body: xmlError(
          "InvalidParameterValue",
          `not a password: ${new URLSearchParams(body).get("MasterUserPassword")}`,
        ),
      }),
    ],
    ["throttled", () => ({ status: 400, headers: xml, body: xmlError("Throttling", "Rate exceeded") })],
    ["failing inside", ({ body }) => ({ status: 500, body })],
    ["answered by a proxy", ({ body }) => ({ status: 502, body: `<html><body>${body}</body></html>` })],
    ["answered with invalid XML", ({ body }) => ({ status: 200, headers: xml, body: `<<<${body}` })],
    ["answered with another format", ({ body }) => ({ status: 200, headers: xml, body: `{"echo":"${body}"}` })],
    ["cut off", () => "disconnect"],
    ["not answered", () => "hang"],
  ];

  /** Every text that an error could carry to a log, a checkpoint or a terminal. */
  const textsOf = (error: object): readonly string[] => [
    inspect(error, { depth: 10, showHidden: true, maxStringLength: null }),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    String(error),
    ...Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name))),
  ];

  const secrets = [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)];

  describe.each(kinds)("of $kind", ({ managed, operation }) => {
    test.each(failures)("is in no error if the call is %s", async (_how, answer) => {
      const database = await find(managed);
      const failing = await open({ answer });
      const off = connect(failing.endpoint, { requestTimeoutSeconds: 0.2 }).turnOff(database, password);
      const error: unknown = await off.then(
        () => fail("it did not fail"),
        (thrown: unknown) => thrown,
      );
      expect(sent(failing.requests)).toMatchObject({ operation, MasterUserPassword: password });
      if (!(error instanceof AwsCallError)) throw error;
      expect(error.action).toBe(`rds:${operation}`);
      expect(Object.getOwnPropertyNames(error).sort()).toEqual([
        ...["action", "code", "isTransient", "message", "name", "stack"],
      ]);
      for (const text of textsOf(error))
        for (const secret of secrets) expect(text.includes(secret) ? text : "").toBe("");
    });
  });

  test("is in no SDK log: the clients have no logger, and the environment sets none", async () => {
    const written: string[] = [];
    const writers = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
    for (const { stream } of writers) stream.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    try {
      await port.turnOff(await find("orders"), password);
    } finally {
      for (const { stream, write } of writers) stream.write = write;
    }
    expect(written.filter((text) => text.includes(password))).toEqual([]);
  });

  test("is not kept by a client", async () => {
    const clients = aws.connect();
    await createRepairs(clients).turnOff(await find("orders"), password);
    expect(inspect(clients, { depth: 10, showHidden: true, maxStringLength: null })).not.toContain(password);
  });
});
