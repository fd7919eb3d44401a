import { expect, test } from "@jest/globals";
import { readTarget } from "../../lib/collect/read-target.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { rules } from "../../rules/index.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { createInProcessRegion } from "../support/in-process-region.ts";
import { now, region } from "../support/simulated-audit.ts";

test("what tells why a database is not managed does not wait for keys, of which there may be thousands", async () => {
  const cloud = createCloud({ now: new Date(now) });
  const account = "111111111111";
  const here = cloud.region(account, region);
  here.addInstance({ identifier: "orders", managed: { kmsKeyId: here.addKey().Arn } });
  here.addInstance({ identifier: "legacy" });
  const order: string[] = [];
  const { promise: classified, resolve } = Promise.withResolvers<void>();
  const port = createInProcessRegion(cloud, { account, region, partition: "aws" }, async ({ action }, perform) => {
    if (action === "rds:DescribeBlueGreenDeployments") resolve();
    if (action === "kms:DescribeKey") await classified;
    order.push(action);
    return perform();
  });
  const target = await readTarget(port, { policy: defaultPolicy, rules, now });
  expect(target.gaps).toEqual([]);
  expect(order.indexOf("rds:DescribeBlueGreenDeployments")).toBeLessThan(order.indexOf("kms:DescribeKey"));
}, 5_000);
