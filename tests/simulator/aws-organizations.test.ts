import { beforeEach, describe, expect, test } from "@jest/globals";
import { callService } from "../../simulator/call-service.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { createOrganization } from "../../simulator/create-organization.ts";
import type { Cloud, Organization } from "../../simulator/state.ts";

const [management, administrator, member, closed] = ["111111111111", "222222222222", "333333333333", "444444444444"];
let cloud: Cloud;
let organization: Organization;

beforeEach(() => {
  cloud = createCloud({ now: new Date("2026-11-24T12:00:00Z") });
  organization = createOrganization(cloud, {
    managementAccount: management,
    members: [
      { id: management, name: "management" },
      { id: administrator, name: "security" },
      { id: member, name: "payments", parent: "ou-ab12-11111111" },
      { id: closed, name: "old", state: "CLOSED", parent: "ou-ab12-22222222" },
    ],
    units: { "ou-ab12-11111111": "r-ab12", "ou-ab12-22222222": "ou-ab12-11111111" },
  });
  organization.delegatedAdministrators.add(administrator);
});

const call = (account: string, service: string, action: string, params: object = {}, region = "us-east-1") =>
  callService(cloud, { account, region, service, action, params: params as never }) as Record<string, never>;
const list = (account: string, action: string, params = {}) => call(account, "organizations", action, params);

describe("AWS Organizations", () => {
  test("lists accounts with their State, and without the Status that it replaces", () => {
    const { Accounts } = list(administrator, "ListAccounts") as unknown as { Accounts: Record<string, string>[] };
    expect(Accounts.map(({ Id, State, Status }) => [Id, State, Status])).toEqual([
      [management, "ACTIVE", undefined],
      [administrator, "ACTIVE", undefined],
      [member, "ACTIVE", undefined],
      [closed, "CLOSED", undefined],
    ]);
  });

  test("returns pages, of which one can be empty", () => {
    organization.pageSize = 3;
    organization.emptyPages.add(1);
    const sizes: number[] = [];
    let NextToken: string | undefined;
    do {
      const page = list(management, "ListAccounts", NextToken === undefined ? {} : { NextToken }) as {
        Accounts?: unknown[];
        NextToken?: string;
      };
      sizes.push(page.Accounts?.length ?? -1);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(sizes).toEqual([3, 0, 1]);
  });

  test("lists the accounts and the units directly in a unit", () => {
    const ids = (answer: object, name: string) =>
      (answer as Record<string, { Id: string }[]>)[name]?.map(({ Id }) => Id);
    const ParentId = "ou-ab12-11111111";
    expect(ids(list(management, "ListAccountsForParent", { ParentId }), "Accounts")).toEqual([member]);
    expect(ids(list(management, "ListOrganizationalUnitsForParent", { ParentId }), "OrganizationalUnits")).toEqual([
      "ou-ab12-22222222",
    ]);
    expect(() => list(management, "ListAccountsForParent", { ParentId: "ou-ab12-99999999" })).toThrow(
      expect.objectContaining({ code: "ParentNotFoundException" }),
    );
  });

  test("describes one account, and lists what is directly above an account or a unit", () => {
    expect(list(administrator, "DescribeAccount", { AccountId: closed }).Account).toMatchObject({
      Id: closed,
      State: "CLOSED",
    });
    const parentsOf = (ChildId: string) => list(administrator, "ListParents", { ChildId }).Parents;
    expect(parentsOf(closed)).toEqual([{ Id: "ou-ab12-22222222", Type: "ORGANIZATIONAL_UNIT" }]);
    expect(parentsOf("ou-ab12-22222222")).toEqual([{ Id: "ou-ab12-11111111", Type: "ORGANIZATIONAL_UNIT" }]);
    expect(parentsOf("ou-ab12-11111111")).toEqual([{ Id: "r-ab12", Type: "ROOT" }]);
    expect(() => list(administrator, "DescribeAccount", { AccountId: "555555555555" })).toThrow(
      expect.objectContaining({ code: "AccountNotFoundException" }),
    );
  });

  test("answers only the management account and delegated administrators; any member may describe it", () => {
    expect(() => list(member, "ListAccounts")).toThrow(expect.objectContaining({ code: "AccessDeniedException" }));
    expect(list(member, "DescribeOrganization").Organization).toMatchObject({ MasterAccountId: management });
    cloud.account("555555555555");
    expect(() => list("555555555555", "DescribeOrganization")).toThrow(
      expect.objectContaining({ code: "AWSOrganizationsNotInUseException" }),
    );
  });
});

describe("an organization's accounts", () => {
  const assume = (id: string, ExternalId?: string) =>
    call(management, "sts", "AssumeRole", {
      RoleArn: `arn:aws:iam::${id}:role/auditor`,
      RoleSessionName: "x",
      ...(ExternalId && { ExternalId }),
    });

  test("a role needs its external ID, and an account that is open", () => {
    cloud.account(member, { externalId: "a1" });
    expect(assume(member, "a1")).toHaveProperty("Credentials");
    for (const refused of [() => assume(member), () => assume(member, "b2"), () => assume(closed, "a1")])
      expect(refused).toThrow(expect.objectContaining({ code: "AccessDenied" }));
  });

  test("a closed account does not answer", () => {
    expect(() => call(closed, "rds", "DescribeDBInstances")).toThrow(
      expect.objectContaining({ code: "InvalidClientTokenId" }),
    );
  });

  test("a service control policy denies a Region to members, not to the management account", () => {
    organization.deniedRegions.add("eu-west-1");
    expect(() => call(member, "rds", "DescribeDBInstances", {}, "eu-west-1")).toThrow(
      /with an explicit deny in a service control policy/,
    );
    expect(call(management, "rds", "DescribeDBInstances", {}, "eu-west-1")).toHaveProperty("DBInstances");
    expect(call(member, "rds", "DescribeDBInstances", {}, "us-east-1")).toHaveProperty("DBInstances");
  });

  test("AWS Account Management answers for members with trusted access, and not for the management account by its ID", () => {
    const ask = (AccountId: string) => call(administrator, "account", "ListRegions", { AccountId });
    expect(ask(member)).toHaveProperty("Regions");
    expect(() => ask(management)).toThrow(expect.objectContaining({ code: "AccessDeniedException" }));
    organization.trustsAccountManagement = false;
    expect(() => ask(member)).toThrow(expect.objectContaining({ code: "AccessDeniedException" }));
  });
});
