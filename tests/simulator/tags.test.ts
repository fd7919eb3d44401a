import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  type Tag,
} from "@aws-sdk/client-rds";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Aws, failure, startAws } from "./aws.ts";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const ofStack = {
  "aws:cloudformation:stack-name": "shop",
  "aws:cloudformation:stack-id": "arn:aws:cloudformation:eu-west-1:111111111111:stack/shop/1",
};
const many = (count: number): Tag[] =>
  Array.from({ length: count }, (_, index) => ({ Key: `key-${index}`, Value: "" }));

describe("AWS's tags", () => {
  test("are on resources that CloudFormation created", async () => {
    const TagList = Object.entries(ofStack).map(([Key, Value]) => ({ Key, Value }));
    aws.region.addInstance({ identifier: "orders", tags: ofStack });
    aws.region.addCluster({ identifier: "shop", members: 0, tags: ofStack });
    const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({}));
    const { DBClusters } = await aws.rds.send(new DescribeDBClustersCommand({}));
    expect([DBInstances?.[0]?.TagList, DBClusters?.[0]?.TagList]).toEqual([TagList, TagList]);
  });

  test("do not count toward the 50 tags of a caller", async () => {
    const instance = aws.region.addInstance({ identifier: "orders", tags: ofStack });
    await aws.rds.send(new AddTagsToResourceCommand({ ResourceName: instance.DBInstanceArn, Tags: many(50) }));
    expect(instance.TagList).toHaveLength(52);
  });
});

describe("a caller's tags", () => {
  test.each<[string, Tag]>([
    ["256 characters", { Key: "a", Value: "x".repeat(256) }],
    ["128 characters of a key", { Key: "x".repeat(128), Value: "" }],
    [
      "letters, digits, white space and _.:/=+-@",
      { Key: "Größe:rds/9", Value: "2026-11-24T09:00:00.000Z a_b=c+d@e/f" },
    ],
    [
      "what ARNs and times are made of",
      { Key: "rds-password-audit:toggle", Value: ofStack["aws:cloudformation:stack-id"] },
    ],
  ])("can have %s", async (_case, tag) => {
    const instance = aws.region.addInstance({ identifier: "orders" });
    await aws.rds.send(new AddTagsToResourceCommand({ ResourceName: instance.DBInstanceArn, Tags: [tag] }));
    expect(instance.TagList).toEqual([tag]);
  });

  test.each<[string, Tag[]]>([
    ["a key reserved for AWS", [{ Key: "aws:cloudformation:stack-name", Value: "mine" }]],
    ["a key reserved for RDS", [{ Key: "rds:mine", Value: "" }]],
    ["no key", [{ Key: "", Value: "" }]],
    ["129 characters of a key", [{ Key: "x".repeat(129), Value: "" }]],
    ["257 characters", [{ Key: "a", Value: "x".repeat(257) }]],
    ["a character that RDS rejects", [{ Key: "a", Value: "x,y" }]],
    ["one in a key", [{ Key: "a*", Value: "" }]],
    ["51 of them", many(51)],
  ])("cannot have %s", async (_case, Tags) => {
    const instance = aws.region.addInstance({ identifier: "orders" });
    const add = new AddTagsToResourceCommand({ ResourceName: instance.DBInstanceArn, Tags });
    expect(await failure(aws.rds.send(add))).toMatch(/^InvalidParameterValue/);
    expect(instance.TagList).toEqual([]);
    const create = new CreateDBInstanceCommand({
      DBInstanceIdentifier: "new",
      DBInstanceClass: "db.t4g.micro",
      Engine: "postgres",
      ManageMasterUserPassword: true,
      Tags,
    });
    expect(await failure(aws.rds.send(create))).toMatch(/^InvalidParameterValue/);
    expect(aws.region.instances.has("new")).toBe(false);
  });
});
