import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { callService } from "../../simulator/call-service.ts";
import { createCloud } from "../../simulator/cloud.ts";
import type { FaultOptions } from "../../simulator/faults.ts";
import type { Cloud, Region } from "../../simulator/state.ts";
import { account, startAws } from "./aws.ts";

let cloud: Cloud;
let region: Region;
beforeEach(() => {
  cloud = createCloud({ now: new Date("2026-11-24T09:00:00Z") });
  region = cloud.region(account, "eu-west-1");
});

const call = (action: string, params: Record<string, unknown> = {}, service = "rds") =>
  callService(cloud, { account, region: "eu-west-1", service, action, params });
const turnOn = () => call("ModifyDBInstance", { DBInstanceIdentifier: "orders", ManageMasterUserPassword: true });
const thrownBy = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe("a call without HTTP", () => {
  test("returns what the SDK parses from the HTTP response", async () => {
    const aws = await startAws();
    const { MasterUserSecret } = aws.region.addInstance({
      identifier: "orders",
      managed: true,
      tags: { team: "shop" },
    });
    const SecretId = MasterUserSecret?.SecretArn;
    const KeyId = MasterUserSecret?.KmsKeyId;
    const scope = { account, region: "eu-west-1" };
    const inProcess = (service: string, action: string, params: Record<string, unknown>) =>
      callService(aws.cloud, { ...scope, service, action, params });
    const pairs: [Promise<object>, object][] = [
      [aws.rds.send(new DescribeDBInstancesCommand({})), inProcess("rds", "DescribeDBInstances", {})],
      [
        aws.secrets.send(new DescribeSecretCommand({ SecretId })),
        inProcess("secretsmanager", "DescribeSecret", { SecretId }),
      ],
      [aws.kms.send(new DescribeKeyCommand({ KeyId })), inProcess("kms", "DescribeKey", { KeyId })],
    ];
    for (const [overHttp, here] of pairs) expect({ ...(await overHttp), $metadata: undefined }).toEqual(here);
    expect(aws.simulator.calls.map(({ action }) => action).sort()).toEqual([
      "kms:DescribeKey",
      "kms:DescribeKey",
      "rds:DescribeDBInstances",
      "rds:DescribeDBInstances",
      "secretsmanager:DescribeSecret",
      "secretsmanager:DescribeSecret",
    ]);
    await aws.stop();
  });

  test("copies its input and its result", () => {
    region.addInstance({ identifier: "orders" });
    const tags = [{ Key: "a", Value: "1" }];
    const ResourceName = region.instances.get("orders")?.DBInstanceArn;
    call("AddTagsToResource", { ResourceName, Tags: tags });
    const answer = turnOn();
    cloud.advance({ minutes: 5 });
    for (const tag of tags) tag.Value = "2";
    expect(answer).toMatchObject({
      DBInstance: { MasterUserSecret: { SecretStatus: "rotating" }, TagList: [{ Key: "a", Value: "1" }] },
    });
    expect(region.instances.get("orders")).toMatchObject({
      MasterUserSecret: { SecretStatus: "active" },
      TagList: [{ Key: "a", Value: "1" }],
    });
  });

  test("moves the clock", () => {
    const scope = { account, region: "eu-west-1", service: "rds", action: "DescribeDBClusters", params: {} };
    callService(cloud, scope, { secondsPerCall: 30 });
    callService(cloud, scope);
    expect(cloud.now()).toEqual(new Date("2026-11-24T09:00:30Z"));
  });

  test("fails with the code on the wire", () => {
    expect(() => call("DescribeDBInstances", { DBInstanceIdentifier: "x" })).toThrow(
      expect.objectContaining({ name: "SimulatedError", code: "DBInstanceNotFound", status: 404 }),
    );
    expect(() => call("Fly")).toThrow(expect.objectContaining({ code: "InvalidAction" }));
    expect(() => call("ListTables", {}, "dynamodb")).toThrow("it has no service dynamodb");
    const stranger = { account: "999999999999", region: "eu-west-1", service: "kms", action: "ListKeys", params: {} };
    expect(() => callService(cloud, stranger)).toThrow(
      expect.objectContaining({ code: "UnrecognizedClientException" }),
    );
  });

  test("names the session in an error message", () => {
    const assumed = call(
      "AssumeRole",
      { RoleArn: `arn:aws:iam::${account}:role/Repair`, RoleSessionName: "night" },
      "sts",
    ) as { Credentials: { SessionToken: string } };
    const { SessionToken: sessionToken } = assumed.Credentials;
    cloud.fault({ action: "rds:*", kind: "deny" });
    const scope = { account, region: "eu-west-1", service: "rds", action: "DescribeDBClusters", params: {} };
    expect(() => callService(cloud, { ...scope, sessionToken })).toThrow("assumed-role/Repair/night");
  });
});

describe("a fault in a call without HTTP", () => {
  test.each<[FaultOptions["kind"], object]>([
    ["deny", { name: "SimulatedError", code: "AccessDenied", status: 403 }],
    ["throttle", { name: "SimulatedError", code: "Throttling", status: 400 }],
    ["error", { name: "SimulatedError", code: "InternalFailure", status: 500 }],
    ["expired-token", { name: "SimulatedError", code: "ExpiredToken", status: 403 }],
    ["hang", { name: "TimeoutError" }],
    ["disconnect", { name: "TimeoutError" }],
  ])("%s", (kind, expected) => {
    const orders = region.addInstance({ identifier: "orders" });
    cloud.fault({ action: "rds:ModifyDBInstance", kind, times: 1 });
    expect(thrownBy(turnOn)).toMatchObject(expected);
    expect(orders.MasterUserSecret).toBeUndefined();
    turnOn();
    expect(cloud.calls).toHaveLength(2);
  });

  test.each<FaultOptions["kind"]>(["error", "hang", "disconnect"])("%s that takes effect", (kind) => {
    const orders = region.addInstance({ identifier: "orders" });
    cloud.fault({ action: "rds:ModifyDBInstance", kind, takesEffect: true });
    expect(thrownBy(turnOn)).toBeInstanceOf(Error);
    expect(orders.MasterUserSecret?.SecretStatus).toBe("rotating");
  });

  test("a lost response also loses an error", () => {
    cloud.fault({ action: "rds:ModifyDBInstance", kind: "hang", takesEffect: true });
    expect(thrownBy(turnOn)).toMatchObject({ name: "TimeoutError" });
  });
});
