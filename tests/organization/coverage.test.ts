import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { AccountPort } from "../../lib/collect/choose-targets.ts";
import type { RegionPort } from "../../lib/collect/region-port.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import { inventorySchema } from "../../lib/model/inventory.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { auditOrganization } from "../../lib/organization/audit-organization.ts";
import { discoverAccounts } from "../../lib/organization/discover-accounts.ts";
import type { OrganizationPort } from "../../lib/organization/organization-port.ts";
import { rules } from "../../rules/index.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { aPolicy, now } from "../support/builders.ts";
import { createInProcessRegion } from "../support/in-process-region.ts";

const regionNames = ["ap-east-1", "eu-west-1", "us-east-1"];
const policy = aPolicy({
  organization: {
    roleName: "auditor",
    externalId: "9f2c",
    excludedAccounts: [{ account: ["300000000000", "300000000001"], reason: "own audit" }],
    excludedUnits: [{ unit: ["ou-ab12-11111111"], reason: "games" }],
    excludedRegions: [{ region: ["ap-east-1"], reason: "closed" }],
  },
});

/** One member: how it can be entered, and the Regions that it has enabled, that an SCP denies, and that are broken. */
const member = fc.record({
  state: fc.constantFrom("ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED", "A_NEW_STATE"),
  isInUnit: fc.boolean(),
  hasRole: fc.boolean(),
  listsRegions: fc.boolean(),
  enabled: fc.subarray(regionNames, { minLength: 1 }),
  denied: fc.subarray(regionNames),
  broken: fc.subarray(regionNames),
});
type Member = typeof member extends fc.Arbitrary<infer T> ? T : never;

const idOf = (index: number) => String(300_000_000_000 + index);
const scp = "not authorized to perform: rds:DescribeDBInstances with an explicit deny in a service control policy";

function regionOf(account: string, name: string, { enabled, denied, broken }: Member): RegionPort {
  const cloud = createCloud({ now: new Date(now) });
  cloud.region(account, name);
  const port = createInProcessRegion(cloud, { account, region: name, partition: "aws" });
  const refuse = (action: string) => {
    if (denied.includes(name)) throw new AwsCallError(action, "AccessDenied", scp);
    if (!enabled.includes(name))
      throw new AwsCallError(action, "InvalidClientTokenId", "The security token is invalid");
    if (broken.includes(name)) throw new AwsCallError(action, "InternalFailure", "It failed");
  };
  const refusing = <T>(action: string, pages: () => AsyncIterable<T>) =>
    (async function* () {
      refuse(action);
      yield* pages();
    })();
  return {
    ...port,
    describeDBInstances: () => refusing("rds:DescribeDBInstances", () => port.describeDBInstances()),
    describeDBClusters: () => refusing("rds:DescribeDBClusters", () => port.describeDBClusters()),
    listSecrets: () => refusing("secretsmanager:ListSecrets", () => port.listSecrets()),
  };
}

function organizationOf(members: readonly Member[]): OrganizationPort & { open: (account: string) => AccountPort } {
  const at = (account: string) => members[Number(account) - 300_000_000_000] as Member;
  const toMember = ({ state }: Member, index: number) => ({ id: idOf(index), name: `account-${index}`, state });
  const listRegions = async (account: string) => {
    if (!at(account).listsRegions) throw new AwsCallError("account:ListRegions", "AccessDeniedException", "denied");
    return at(account).enabled;
  };
  return {
    describe: async () => ({ id: "o-a1b2c3d4e5", managementAccount: "999999999999", featureSet: "ALL" }),
    async *listAccounts() {
      yield members.slice(0, 2).map(toMember);
      yield [];
      yield members.map(toMember).slice(2);
    },
    async *listAccountsForParent() {
      yield members.map(toMember).filter(({ id }) => at(id).isInUnit);
    },
    async *listUnitsForParent() {
      yield [];
    },
    listRegions,
    open: (account) => ({
      name: account,
      async identify() {
        if (!at(account).hasRole) throw new AwsCallError("sts:AssumeRole", "AccessDenied", "no role");
        return { account, partition: "aws" };
      },
      listRegions: () => listRegions(account),
      region: ({ region }) => regionOf(account, region, at(account)),
    }),
  };
}

/** What a member ends as, in each Region or as a whole: the rule of the documentation, written once more. */
function expectedOutcomes(members: readonly Member[], regions: readonly string[] | "all"): string[] {
  return members.flatMap((one, index) => {
    const whole = (outcome: string) => [`${idOf(index)} * ${outcome}`];
    if (index < 2 || one.isInUnit) return whole("excluded");
    if (["SUSPENDED", "PENDING_CLOSURE", "CLOSED"].includes(one.state)) return whole("account-not-active");
    if (!one.hasRole || (regions === "all" && !one.listsRegions)) return whole("gap");
    return (regions === "all" ? one.enabled : regions).flatMap((name) => {
      const end = (outcome: string) => [`${idOf(index)} ${name} ${outcome}`];
      if (name === "ap-east-1") return end("excluded");
      if (one.denied.includes(name)) return end("denied-by-scp");
      if (!one.enabled.includes(name)) return end(one.listsRegions ? "region-not-enabled" : "gap");
      return end(one.broken.includes(name) ? "gap" : "seen");
    });
  });
}

test("every expected account and Region ends as exactly one outcome, and the outcomes add up to what was expected", async () => {
  const cases = fc.tuple(
    fc.array(member, { minLength: 3, maxLength: 12 }),
    fc.constantFrom<readonly string[] | "all">("all", regionNames, ["us-east-1"]),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ([members, regions]) => {
      const organization = organizationOf(members);
      const discovery = await discoverAccounts(organization, policy);
      const inventory = { schemaVersion: "1.0", observedAt: now, targets: [], gaps: [], unread: [] } as {
        [name: string]: unknown;
      };
      const report = await auditOrganization(discovery, {
        ...{ policy, rules, now, version: "0.0.0", generatedAt: () => now, caller: "999999999999", regions },
        organization,
        open: organization.open,
        onReading: ({ targets, gaps, unread }) => {
          for (const [name, items] of Object.entries({ targets, gaps, unread }))
            inventory[name] = [...(inventory[name] as unknown[]), ...items];
        },
      });
      const expected = expectedOutcomes(members, regions).sort();
      const { targets, notSeen, counts, complete, gaps } = report.coverage;
      const seen = targets
        .filter((target) => target.complete)
        .map(({ account, region }) => `${account} ${region} seen`);
      const others = notSeen.map(({ account, region, outcome }) => `${account} ${region} ${outcome}`);
      expect([...seen, ...others].sort()).toEqual(expected);
      const { expected: total, ...byOutcome } = counts;
      expect(Object.values(byOutcome).reduce((sum, count) => sum + count, 0)).toBe(total);
      expect(total).toBe(expected.length);
      expect(complete).toBe(seen.length > 0 && counts.gap === 0 && counts.deniedByScp === 0);
      const denied = gaps.filter(({ message }) => message === scp);
      expect(denied).toHaveLength(counts.deniedByScp);
      reportSchema.parse(report);
      inventorySchema.parse(inventory);
    }),
    { numRuns: 150 },
  );
});
