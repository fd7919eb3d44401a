import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openRepairShop, type RepairShop } from "./repair-shop.ts";

let shop: RepairShop;
beforeAll(async () => {
  shop = await openRepairShop();
  shop.file(
    "unfit.yaml",
    `keys: [{ require: alias/gone }]
exemptions: [{ match: { identifier: legacy-crm }, owner: a, reason: b, until: 2099-01-01 }]
remediation: { allow: [rotate], optIn: [{ tags: { repair: alowed } }, { tags: { repair: allowed } }] }
`,
  );
});
afterAll(() => shop.close());

const unmatched = "The policy has entries that match no database that was read: exemptions[0], remediation.optIn[0].\n";
const missing =
  "The policy requires the key alias/gone, which does not exist in 222222222222 us-east-1: create it, or name another under keys.\n";

test.each(["audit", "plan"])("%s says once what in the policy fits nothing", async (command) => {
  const { stdout, stderr } = await shop.run([command, "--policy", shop.file("unfit.yaml")]);
  expect(stderr).toBe(unmatched + missing);
  expect(stdout).not.toContain("does not exist in KMS");
});

test("a plan for named databases says nothing about the others", async () => {
  expect((await shop.run(["plan", "orders", "--policy", shop.file("unfit.yaml")])).stderr).toBe("");
});

test("nothing is said about entries while a list could not be read", async () => {
  const end = shop.cloud.fault({ action: "rds:DescribeDBClusters", kind: "deny" });
  const { stderr } = await shop.run(["audit", "--policy", shop.file("unfit.yaml")]);
  end();
  expect(stderr).toBe(missing);
});
