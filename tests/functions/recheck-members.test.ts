import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createCloud } from "../../simulator/cloud.ts";
import { createOrganization } from "../../simulator/create-organization.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";
import type { Cloud, Region } from "../../simulator/state.ts";
import { type Packaged, readPackaged } from "../deployment/packaged.ts";
import { type Invocation, type UnpackedFunction, unpackFunction } from "../support/invoke-packaged.ts";

const audit = "111111111111";
const member = "222222222222";
const withoutRole = "333333333333";
const excluded = "444444444444";
const inExcludedUnit = "555555555555";
const closed = "666666666666";
const foreign = "777777777777";
const externalId = "7c1f5e0a-2f7e";
const bucket = "reports";
const region = "eu-west-1";

let packaged: Packaged;
let recheck: UnpackedFunction;
let cloud: Cloud;
let here: Region;
let simulator: Simulator;
let port: number | undefined;

beforeAll(async () => {
  packaged = await readPackaged({
    organization: "on",
    organizationId: "o-a1b2c3d4e5",
    securityHub: "on",
    regions: "all",
    policy: "tests/functions/members-policy.yaml",
  });
  recheck = unpackFunction(packaged, "recheck");
}, 120_000);

afterAll(() => {
  recheck.stop();
  for (const { folder } of [packaged, recheck]) rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  cloud = createCloud({ now: new Date() });
  const { delegatedAdministrators } = createOrganization(cloud, {
    managementAccount: "999999999999",
    members: [
      { id: "999999999999", name: "management" },
      { id: audit, name: "security" },
      { id: member, name: "payments", parent: "ou-ab12-33333333" },
      { id: withoutRole, name: "new" },
      { id: excluded, name: "acquired" },
      { id: inExcludedUnit, name: "sandbox", parent: "ou-ab12-22222222" },
      { id: closed, name: "old", state: "CLOSED" },
    ],
    units: { "ou-ab12-11111111": "r-ab12", "ou-ab12-22222222": "ou-ab12-11111111", "ou-ab12-33333333": "r-ab12" },
  });
  delegatedAdministrators.add(audit);
  for (const id of [member, excluded, inExcludedUnit, closed, foreign])
    cloud.account(id, { roles: ["rds-password-audit-member"], externalId });
  cloud.account(withoutRole, { roles: [] });
  here = cloud.region(audit, region);
  here.addBucket(bucket);
  here.addTopic("findings");
  here.addTopic("alerts");
  simulator = await startSimulator(cloud, port === undefined ? {} : { port });
  port = simulator.port;
});

afterEach(() => simulator.close());

const topic = (name: string) => `arn:aws:sns:${region}:${audit}:${name}`;

/** Sends an event of an account to the function, as the rules of the members' bus do. */
function send(account: string, { id = "event-1", from = region, identifier = "legacy" } = {}): Promise<Invocation> {
  const event = {
    ...{ id, account, region: from, source: "aws.rds", "detail-type": "RDS DB Instance Event" },
    ...{ time: "2026-11-24T19:34:09Z", detail: { SourceIdentifier: identifier, EventID: "RDS-EVENT-0043" } },
  };
  return recheck.invoke(event, {
    references: {
      ...{ "AWS::Region": region, ReportBucket: bucket },
      ...{ FindingsTopic: topic("findings"), AlertsTopic: topic("alerts") },
    },
    env: { AWS_ENDPOINT_URL: simulator.endpoint, AWS_ACCESS_KEY_ID: audit },
  });
}

const messagesOf = (name: string) =>
  (here.topics.get(topic(name))?.messages ?? []).splice(0).map(({ Message }) => JSON.parse(Message));
const findings = () =>
  messagesOf("findings").map(({ type, finding: { rule, account, resource } }) =>
    [type, rule, account, resource.identifier].join(" "),
  );
const ledgers = () => [...(here.buckets.get(bucket)?.objects.keys() ?? [])];
const callsOf = (action: string) => simulator.calls.filter((call) => call.action === action);

describe("an event of a member account", () => {
  test("is checked in its Region with the member role, and published to the account's own ledger, both topics and its Security Hub", async () => {
    const there = cloud.region(member, "us-west-2");
    there.enableSecurityHub();
    there.addInstance({ identifier: "legacy" });
    const ended = await send(member, { from: "us-west-2" });
    expect(ended.error).toBeNull();
    expect(ended.answer).toEqual({ changes: 1 });
    expect(findings()).toEqual([`finding.opened master-password-managed ${member} legacy`]);
    expect(messagesOf("alerts").map(({ content }) => content.title)).toEqual([expect.stringContaining("legacy")]);
    expect(ledgers()).toEqual([`ledgers/account=${member}.json`]);
    expect([...there.securityHub.findings.values()]).toEqual([expect.objectContaining({ AwsAccountId: member })]);
    expect(here.securityHub.findings.size).toBe(0);
    const [reading] = callsOf("rds:DescribeDBInstances");
    expect(reading).toMatchObject({ account: member, region: "us-west-2" });
    expect(callsOf("sts:AssumeRole")).toHaveLength(1);
  }, 60_000);

  test("whose role is missing ends in one error that names the role, and resolves nothing", async () => {
    const { error, logged } = await send(withoutRole);
    expect(error).toContain(`The role arn:aws:iam::${withoutRole}:role/rds-password-audit-member cannot be assumed`);
    expect(logged.filter(({ level }) => level === "ERROR")).toHaveLength(1);
    expect([findings(), messagesOf("alerts"), ledgers()]).toEqual([[], [], []]);
    expect(callsOf("rds:DescribeDBInstances")).toEqual([]);
  }, 60_000);

  test("whose role was removed keeps the findings that are open", async () => {
    cloud.region(member, region).addInstance({ identifier: "legacy" });
    await send(member);
    const ledger = String(here.buckets.get(bucket)?.objects.get(`ledgers/account=${member}.json`)?.body);
    cloud.account(member, { roles: [] });
    expect((await send(member, { id: "event-2" })).error).toContain("cannot be assumed");
    expect(String(here.buckets.get(bucket)?.objects.get(`ledgers/account=${member}.json`)?.body)).toBe(ledger);
  }, 60_000);
});

describe("an event that the audit would not follow up is not checked", () => {
  test.each([
    ["an excluded account", excluded, region, "Audited by its own team"],
    ["an account below an excluded unit", inExcludedUnit, region, "Sandboxes hold no data"],
    ["an excluded Region", member, "us-east-1", "No databases are allowed there"],
    ["a closed account", closed, region, "CLOSED"],
  ])(
    "%s",
    async (_, account, from, reason) => {
      cloud.region(account, from).addInstance({ identifier: "legacy" });
      const ended = await send(account, { from });
      expect([ended.error, ended.answer]).toEqual([null, { changes: 0 }]);
      expect(ended.logged).toContainEqual(expect.objectContaining({ level: "INFO", account, region: from, reason }));
      expect([callsOf("sts:AssumeRole"), callsOf("rds:DescribeDBInstances"), ledgers()]).toEqual([[], [], []]);
    },
    60_000,
  );
});

describe("an event of an account that is not a member", () => {
  test("is rejected, even if its role could be assumed", async () => {
    cloud.region(foreign, region).addInstance({ identifier: "legacy" });
    const { error } = await send(foreign);
    expect(error).toContain(`The event is from account ${foreign}, which is not in the organization.`);
    expect([callsOf("sts:AssumeRole"), ledgers()]).toEqual([[], []]);
  }, 60_000);

  test("is not told from others if AWS Organizations does not answer: the event is delivered again", async () => {
    cloud.fault({ action: "organizations:DescribeAccount", kind: "deny" });
    expect((await send(member)).error).toContain("organizations:DescribeAccount failed with AccessDenied");
    expect([callsOf("sts:AssumeRole"), ledgers()]).toEqual([[], []]);
  }, 60_000);
});

test("an event of the audit account is checked with the function's own credentials", async () => {
  here.addInstance({ identifier: "legacy" });
  expect((await send(audit)).answer).toEqual({ changes: 1 });
  expect([callsOf("sts:AssumeRole"), ledgers()]).toEqual([[], [`ledgers/account=${audit}.json`]]);
}, 60_000);
