import { DescribeDBInstancesCommand, ModifyDBInstanceCommand } from "@aws-sdk/client-rds";
import {
  BatchGetSecretValueCommand,
  CancelRotateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidRequestException,
  ListSecretsCommand,
  MalformedPolicyDocumentException,
  PutResourcePolicyCommand,
  paginateListSecrets,
  ReplicateSecretToRegionsCommand,
  ResourceNotFoundException,
  RestoreSecretCommand,
  RotateSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { DBInstance } from "../../simulator/resources.ts";
import { type Aws, account, failure, startAws } from "./aws.ts";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const arnOf = ({ MasterUserSecret }: DBInstance): string => MasterUserSecret?.SecretArn ?? "";
const describeSecret = (SecretId: string) => aws.secrets.send(new DescribeSecretCommand({ SecretId }));
const statusOf = async (): Promise<string | undefined> => {
  const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "orders" }));
  return DBInstances?.[0]?.MasterUserSecret?.SecretStatus;
};
const rotateNow = () =>
  aws.rds.send(
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: "orders",
      RotateMasterUserPassword: true,
      ApplyImmediately: true,
    }),
  );
const isOverdue = async (SecretId: string): Promise<boolean> =>
  ((await describeSecret(SecretId)).NextRotationDate?.getTime() ?? 0) < aws.cloud.now().getTime();

describe("ListSecrets", () => {
  test("returns 205 secrets once each in three pages", async () => {
    for (let index = 0; index < 205; index += 1) aws.region.addInstance({ identifier: `db-${index}`, managed: true });
    const seen = new Set<string | undefined>();
    const sizes: number[] = [];
    const input = { MaxResults: 100, Filters: [{ Key: "owning-service" as const, Values: ["rds"] }] };
    for await (const { SecretList = [] } of paginateListSecrets({ client: aws.secrets }, input)) {
      sizes.push(SecretList.length);
      for (const { ARN } of SecretList) seen.add(ARN);
    }
    expect([sizes, seen.size]).toEqual([[100, 100, 5], 205]);
  });

  test.each([0, 101])("rejects MaxResults %d", async (MaxResults) => {
    expect(await failure(aws.secrets.send(new ListSecretsCommand({ MaxResults })))).toMatch(/^ValidationException: /);
  });

  test("rejects an unknown token", async () => {
    await expect(aws.secrets.send(new ListSecretsCommand({ NextToken: "nonsense" }))).rejects.toThrow(
      InvalidNextTokenException,
    );
  });

  test("filters by owner, by prefix, and by negation", async () => {
    aws.region.addInstance({ identifier: "orders", managed: true });
    aws.region.addSecret({ name: "prod/app", Tags: [{ Key: "team", Value: "shop" }] });
    const found = async (Key: "owning-service" | "name" | "tag-key", ...Values: string[]) => {
      const { SecretList = [] } = await aws.secrets.send(new ListSecretsCommand({ Filters: [{ Key, Values }] }));
      return SecretList.map(({ Name }) => Name?.split("-")[0]);
    };
    expect(await found("owning-service", "rds")).toEqual(["rds!db"]);
    expect(await found("name", "prod/")).toEqual(["prod/app"]);
    expect(await found("name", "!prod/")).toEqual(["rds!db"]);
    expect(await found("tag-key", "team")).toEqual(["prod/app"]);
  });

  test("returns secrets scheduled for deletion only if requested", async () => {
    aws.region.addInstance({ identifier: "orders", managed: { DeletedDate: new Date("2026-11-20T00:00:00Z") } });
    expect((await aws.secrets.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
    const { SecretList } = await aws.secrets.send(new ListSecretsCommand({ IncludePlannedDeletion: true }));
    expect(SecretList?.[0]?.DeletedDate).toEqual(new Date("2026-11-20T00:00:00Z"));
  });

  test("lags; DescribeSecret does not", async () => {
    aws.cloud.lag.listSecretsSeconds = 300;
    const old = aws.region.addInstance({ identifier: "orders", managed: true });
    aws.region.addInstance({ identifier: "legacy" });
    const list = async () => (await aws.secrets.send(new ListSecretsCommand({}))).SecretList ?? [];
    await aws.secrets.send(new CancelRotateSecretCommand({ SecretId: arnOf(old) }));
    await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "legacy", ManageMasterUserPassword: true }));
    expect((await list()).map(({ RotationEnabled }) => RotationEnabled)).toEqual([true]);
    expect((await describeSecret(arnOf(old))).RotationEnabled).toBe(false);
    aws.cloud.advance({ seconds: 299 });
    expect((await list()).map(({ RotationEnabled }) => RotationEnabled)).toEqual([true]);
    aws.cloud.advance({ seconds: 1 });
    expect((await list()).map(({ RotationEnabled }) => RotationEnabled)).toEqual([false, true]);
  });

  test("still lists a deleted secret during the lag", async () => {
    aws.cloud.lag.listSecretsSeconds = 60;
    const orders = aws.region.addInstance({ identifier: "orders", managed: true });
    aws.region.editSecret(arnOf(orders), undefined);
    const list = async () => (await aws.secrets.send(new ListSecretsCommand({}))).SecretList?.length;
    expect(await list()).toBe(1);
    expect(await failure(describeSecret(arnOf(orders)))).toMatch(/^ResourceNotFoundException/);
    aws.cloud.advance({ minutes: 1 });
    expect(await list()).toBe(0);
  });
});

describe("the life of a secret", () => {
  test("rotates every seven days and reports it", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    const before = await describeSecret(SecretId);
    aws.cloud.advance({ days: 7 });
    const after = await describeSecret(SecretId);
    expect(after.LastRotatedDate?.getTime()).toBe((before.NextRotationDate?.getTime() ?? 0) + 60_000);
    expect(after.NextRotationDate?.getTime()).toBe((after.LastRotatedDate?.getTime() ?? 0) + 7 * 86_400_000);
    expect(Object.values(after.VersionIdsToStages ?? {})).toEqual([["AWSCURRENT"], ["AWSPREVIOUS"]]);
    expect(Object.keys(after.VersionIdsToStages ?? {})).toEqual(
      expect.arrayContaining(Object.keys(before.VersionIdsToStages ?? {})),
    );
  });

  test("a rotation takes a minute", async () => {
    aws.region.addInstance({ identifier: "orders", managed: true });
    await rotateNow();
    expect(await statusOf()).toBe("rotating");
    aws.cloud.advance({ seconds: 59 });
    expect(await statusOf()).toBe("rotating");
    aws.cloud.advance({ seconds: 1 });
    expect(await statusOf()).toBe("active");
  });

  test("with a disabled key, the due rotation leaves it impaired until a rotation after the repair", async () => {
    const key = aws.region.addKey({ alias: "alias/own" });
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: { kmsKeyId: key.Arn } }));
    key.KeyState = "Disabled";
    expect(await statusOf()).toBe("active");
    aws.cloud.advance({ days: 7 });
    expect(await statusOf()).toBe("impaired");
    expect(await isOverdue(SecretId)).toBe(true);
    key.KeyState = "Enabled";
    aws.cloud.advance({ days: 1 });
    expect(await statusOf()).toBe("impaired");
    await rotateNow();
    aws.cloud.advance({ minutes: 2 });
    expect(await statusOf()).toBe("active");
    expect(await isOverdue(SecretId)).toBe(false);
  });

  test("with a key policy that denies everybody, the due rotation leaves it impaired", async () => {
    const policy = JSON.stringify({ Statement: [{ Effect: "Deny", Principal: "*", Action: "kms:*", Resource: "*" }] });
    aws.region.addInstance({ identifier: "orders", managed: { kmsKeyId: aws.region.addKey({ policy }).Arn } });
    aws.cloud.advance({ days: 8 });
    expect(await statusOf()).toBe("impaired");
  });

  test("the next scheduled rotation clears it without a manual repair", async () => {
    const key = aws.region.addKey();
    aws.region.addInstance({ identifier: "orders", managed: { kmsKeyId: key.Arn } });
    key.KeyState = "Disabled";
    aws.cloud.advance({ days: 7 });
    key.KeyState = "Enabled";
    aws.cloud.advance({ days: 8 });
    expect(await statusOf()).toBe("active");
  });

  test.each([
    ["names the RDS service", { Service: "rds.amazonaws.com" }],
    ["denies every principal", "*"],
  ])("a resource policy that denies and %s impairs the secret", async (_case, Principal) => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    const ResourcePolicy = JSON.stringify({ Statement: [{ Effect: "Deny", Principal, Action: "*", Resource: "*" }] });
    await aws.secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy }));
    expect((await aws.secrets.send(new GetResourcePolicyCommand({ SecretId }))).ResourcePolicy).toBe(ResourcePolicy);
    await rotateNow();
    aws.cloud.advance({ minutes: 2 });
    expect(await statusOf()).toBe("impaired");
    await aws.secrets.send(new DeleteResourcePolicyCommand({ SecretId }));
    expect((await aws.secrets.send(new GetResourcePolicyCommand({ SecretId }))).ResourcePolicy).toBeUndefined();
    await rotateNow();
    aws.cloud.advance({ minutes: 2 });
    expect(await statusOf()).toBe("active");
  });

  test.each(["its identifier", "its ARN"])(
    "impaired for no reason that shows, by %s, until the test has enough",
    async (how) => {
      const orders = aws.region.addInstance({ identifier: "orders", managed: true });
      const name = how === "its ARN" ? orders.DBInstanceArn : "orders";
      aws.region.failingRotations.add(name);
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await rotateNow();
        aws.cloud.advance({ minutes: 2 });
        expect(await statusOf()).toBe("impaired");
      }
      aws.region.failingRotations.delete(name);
      await rotateNow();
      aws.cloud.advance({ minutes: 2 });
      expect(await statusOf()).toBe("active");
    },
  );

  test("cannot rotate and can be restored while it is scheduled for deletion", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    await aws.secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    await expect(aws.secrets.send(new RotateSecretCommand({ SecretId }))).rejects.toThrow(InvalidRequestException);
    await rotateNow();
    aws.cloud.advance({ minutes: 2 });
    expect(await statusOf()).toBe("impaired");
    await aws.secrets.send(new RestoreSecretCommand({ SecretId }));
    expect((await describeSecret(SecretId)).DeletedDate).toBeUndefined();
  });

  test("disappears after the recovery window, and RDS still names it", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    await aws.secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    aws.cloud.advance({ days: 7 });
    await expect(describeSecret(SecretId)).rejects.toThrow(ResourceNotFoundException);
    expect(arnOf(aws.region.instances.get("orders") as DBInstance)).toBe(SecretId);
  });

  test("rotation can be turned off, and on with another schedule", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    await aws.secrets.send(new CancelRotateSecretCommand({ SecretId }));
    const off = await describeSecret(SecretId);
    expect([off.RotationEnabled, off.NextRotationDate]).toEqual([false, undefined]);
    aws.cloud.advance({ days: 30 });
    expect((await describeSecret(SecretId)).LastRotatedDate).toEqual(off.LastRotatedDate);
    const RotationRules = { ScheduleExpression: "cron(0 4 ? * SUN *)", Duration: "2h" };
    await aws.secrets.send(new RotateSecretCommand({ SecretId, RotationRules, RotateImmediately: false }));
    expect(await statusOf()).toBe("active");
    expect(await describeSecret(SecretId)).toMatchObject({
      RotationEnabled: true,
      RotationRules,
      NextRotationDate: new Date("2026-12-27T04:00:00Z"),
    });
  });

  test("RotateSecret rotates at once by default", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    await aws.secrets.send(new RotateSecretCommand({ SecretId }));
    expect(await statusOf()).toBe("rotating");
  });

  test("RDS still reports the former key after a change in Secrets Manager", async () => {
    const own = aws.region.addKey();
    const other = aws.region.addKey();
    const orders = aws.region.addInstance({ identifier: "orders", managed: { kmsKeyId: own.Arn } });
    await aws.secrets.send(new UpdateSecretCommand({ SecretId: arnOf(orders), KmsKeyId: other.Arn }));
    expect((await describeSecret(arnOf(orders))).KmsKeyId).toBe(other.Arn);
    expect(orders.MasterUserSecret?.KmsKeyId).toBe(own.Arn);
    await aws.secrets.send(new UpdateSecretCommand({ SecretId: arnOf(orders), KmsKeyId: "alias/aws/secretsmanager" }));
    expect((await describeSecret(arnOf(orders))).KmsKeyId).toBeUndefined();
  });

  test("tags can be added and removed", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    await aws.secrets.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "team", Value: "shop" }] }));
    expect((await describeSecret(SecretId)).Tags).toContainEqual({ Key: "team", Value: "shop" });
    await aws.secrets.send(new UntagResourceCommand({ SecretId, TagKeys: ["team"] }));
    expect((await describeSecret(SecretId)).Tags).toHaveLength(2);
    const Tags = [{ Key: "aws:secretsmanager:owningService", Value: "me" }];
    await expect(aws.secrets.send(new TagResourceCommand({ SecretId, Tags }))).rejects.toThrow(
      InvalidParameterException,
    );
  });

  test("a replica is listed in its Region and names its primary Region", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    await aws.secrets.send(
      new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: "us-east-1" }] }),
    );
    expect((await describeSecret(SecretId)).ReplicationStatus).toMatchObject([
      { Region: "us-east-1", Status: "InSync" },
    ]);
    const { SecretList } = await aws.connect(account, "us-east-1").secrets.send(new ListSecretsCommand({}));
    expect(SecretList).toMatchObject([{ ARN: SecretId.replace("eu-west-1", "us-east-1"), PrimaryRegion: "eu-west-1" }]);
    await expect(aws.secrets.send(new DeleteSecretCommand({ SecretId }))).rejects.toThrow(InvalidRequestException);
  });
});

describe("replication", () => {
  test("into a disabled Region fails and does not enable it", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    const replicate = new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: "eu-south-2" }] });
    await expect(aws.secrets.send(replicate)).rejects.toThrow(InvalidParameterException);
    expect(aws.cloud.account(account).enabledRegions.has("eu-south-2")).toBe(false);
  });
});

describe("errors", () => {
  test("have the SDK's classes", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    const { secrets } = aws;
    expect(await failure(describeSecret("rds!db-nothing"))).toBe(
      "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    );
    await expect(secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 6 }))).rejects.toThrow(
      InvalidParameterException,
    );
    await expect(secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))).rejects.toThrow(
      InvalidRequestException,
    );
    await expect(
      secrets.send(new RotateSecretCommand({ SecretId, RotationRules: { ScheduleExpression: "rate(1 hour)" } })),
    ).rejects.toThrow(InvalidParameterException);
    await expect(secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: "{" }))).rejects.toThrow(
      MalformedPolicyDocumentException,
    );
    await expect(secrets.send(new UpdateSecretCommand({ SecretId, SecretString: "x" }))).rejects.toThrow(
      InvalidRequestException,
    );
  });

  test("finds a secret by name and by ARN without its suffix", async () => {
    const arn = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    const { Name } = await describeSecret(arn);
    expect((await describeSecret(Name ?? "")).ARN).toBe(arn);
    expect((await describeSecret(arn.slice(0, -7))).ARN).toBe(arn);
  });
});

describe("values", () => {
  test("are never returned, and the call is recorded", async () => {
    const SecretId = arnOf(aws.region.addInstance({ identifier: "orders", managed: true }));
    expect(await failure(aws.secrets.send(new GetSecretValueCommand({ SecretId })))).toMatch(
      /^AccessDeniedException: /,
    );
    expect(await failure(aws.secrets.send(new BatchGetSecretValueCommand({ SecretIdList: [SecretId] })))).toMatch(
      /^AccessDeniedException: /,
    );
    expect(aws.simulator.calls.map(({ action }) => action)).toEqual([
      "secretsmanager:GetSecretValue",
      "secretsmanager:BatchGetSecretValue",
    ]);
  });
});
