import { expect, test } from "@jest/globals";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import type { OrganizationPolicy } from "../../lib/model/policy.ts";
import { findExclusion, type MemberPort } from "../../lib/organization/find-exclusion.ts";

const account = "222222222222";
const parents: Readonly<Record<string, string>> = {
  [account]: "ou-ab12-22222222",
  "ou-ab12-22222222": "ou-ab12-11111111",
  "ou-ab12-11111111": "r-ab12",
};

/** An organization with one account, and the calls that were made. */
function aPort({ state = "ACTIVE", error = null as Error | null } = {}) {
  const calls: string[] = [];
  const port: MemberPort = {
    async describeAccount(id) {
      calls.push(`DescribeAccount ${id}`);
      if (error !== null) throw error;
      return { id, name: "payments", state };
    },
    async *listParents(child) {
      calls.push(`ListParents ${child}`);
      yield [];
      yield [parents[child] ?? "r-ab12"];
    },
  };
  return { port, calls };
}

const find = (port: MemberPort, organization: Partial<OrganizationPolicy> = {}, accounts?: string[]) =>
  findExclusion({ account, region: "eu-west-1" }, port, {
    organization: { ...defaultPolicy.organization, ...organization },
    ...(accounts && { accounts }),
  });

test("an account that the audit reads has no reason, and costs one call without excluded units", async () => {
  const { port, calls } = aPort();
  expect(await find(port)).toBeNull();
  expect(calls).toEqual([`DescribeAccount ${account}`]);
});

test.each([
  ["its unit", "ou-ab12-22222222"],
  ["a unit above that", "ou-ab12-11111111"],
])("%s is excluded", async (_, unit) => {
  const { port, calls } = aPort();
  expect(await find(port, { excludedUnits: [{ unit: [unit], reason: "Sandboxes" }] })).toBe("Sandboxes");
  expect(calls).toHaveLength(4);
});

test("another unit that is excluded is none above the account", async () => {
  expect(await find(aPort().port, { excludedUnits: [{ unit: ["ou-ab12-33333333"], reason: "Games" }] })).toBeNull();
});

test.each(["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"])("an account is %s", async (state) => {
  expect(await find(aPort({ state }).port)).toBe(state);
});

test("an account in a state that is not known is read", async () => {
  expect(await find(aPort({ state: "HIBERNATING" }).port)).toBeNull();
});

test("the policy lists other accounts", async () => {
  expect(await find(aPort().port, {}, ["111111111111"])).toBe("Not one of the policy's accounts");
});

test("the Region is excluded", async () => {
  const excludedRegions = [{ region: ["us-east-1", "eu-west-1"], reason: "No databases there" }];
  expect(await find(aPort().port, { excludedRegions })).toBe("No databases there");
});

test("an account that is not in the organization is an error that names it", async () => {
  const error = new AwsCallError("organizations:DescribeAccount", "AccountNotFoundException", "no such account");
  await expect(find(aPort({ error }).port)).rejects.toThrow(
    "The event is from account 222222222222, which is not in the organization.",
  );
});

test("any other failure says which call failed, and stays transient if it was", async () => {
  const call = ["organizations:DescribeAccount", "TooManyRequestsException", "slow down"] as const;
  const error = new AwsCallError(...call, { isTransient: true });
  await expect(find(aPort({ error }).port)).rejects.toMatchObject({
    message: "organizations:DescribeAccount failed with TooManyRequestsException: slow down",
    isTransient: true,
  });
});
