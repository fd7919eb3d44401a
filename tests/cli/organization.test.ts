import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Report, reportSchema } from "../../lib/model/report.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { createOrganization } from "../../simulator/create-organization.ts";
import { sampleAccounts } from "../../simulator/organization.ts";
import type { Cloud, Organization } from "../../simulator/state.ts";
import { expectGolden } from "../golden/golden.ts";
import { now } from "../support/builders.ts";
import { runCli, type World } from "./run-cli.ts";
import { startSimulatedAws } from "./simulated-aws.ts";

/** The default credentials of `startSimulatedAws`. */
const management = sampleAccounts.staging;
const idOf = (index: number) => String(300_000_000_000 + index);
const externalId = "9f2c-external";
const policyText = `organization:
  externalId: ${externalId}
`;

let folder: string;
let cloud: Cloud;
let organization: Organization;
let simulated: Awaited<ReturnType<typeof startSimulatedAws>>;

function file(name: string): string {
  return join(folder, name);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "organization-"));
  cloud = createCloud({ now: new Date(now) });
  organization = createOrganization(cloud, {
    managementAccount: management,
    members: [
      { id: management, name: "management" },
      { id: idOf(1), name: "payments", parent: "ou-ab12-11111111" },
      { id: idOf(2), name: "orders", parent: "ou-ab12-22222222" },
      { id: idOf(3), name: "sandbox", parent: "ou-ab12-33333333" },
    ],
    units: { "ou-ab12-11111111": "r-ab12", "ou-ab12-22222222": "r-ab12", "ou-ab12-33333333": "ou-ab12-22222222" },
  });
  for (const id of organization.members.keys())
    cloud.account(id, { regions: ["eu-west-1", "us-east-1"], roles: ["rds-password-audit-member"], externalId });
  simulated = await startSimulatedAws(cloud);
});

afterEach(async () => {
  await simulated.close();
  rmSync(folder, { recursive: true });
});

/** Audits the organization with a policy, and parses the report. */
async function audit(args: readonly string[] = [], policy = policyText, world: World = {}) {
  writeFileSync(file("policy.yaml"), policy);
  const argv = ["audit", "--organization", "--policy", file("policy.yaml"), "--format", "json", ...args];
  const { status, stdout, stderr } = await runCli(argv, { aws: simulated.aws, ...world });
  return { status, stderr, report: stdout === "" ? null : reportSchema.parse(JSON.parse(stdout)) };
}

const outcomes = (report: Report | null) =>
  report?.coverage.notSeen.map(
    ({ account, accountName, region, outcome, reason }) => `${accountName ?? account} ${region} ${outcome}: ${reason}`,
  );

/** The outcomes add up to what was expected. */
function expectSum({ coverage }: Report): void {
  const { expected, ...counts } = coverage.counts;
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(expected);
}

describe("audit --organization", () => {
  test("reads every account in every Region that it has enabled, and needs one session an account", async () => {
    cloud.region(idOf(2), "us-east-1").addInstance({ identifier: "legacy" });
    const { status, report, stderr } = await audit();
    expect(stderr).toBe("");
    expect(status).toBe(1);
    expect(report?.findings.map(({ resource, account }) => [account, resource.identifier])).toEqual([
      [idOf(2), "legacy"],
    ]);
    expect(report?.coverage.counts).toEqual({
      ...{ expected: 8, seen: 8, gap: 0, deniedByScp: 0, regionNotEnabled: 0, accountNotActive: 0, excluded: 0 },
    });
    const of = (action: string) => cloud.calls.filter((call) => call.action === action).length;
    expect([of("sts:AssumeRole"), of("organizations:ListAccounts"), of("account:ListRegions")]).toEqual([3, 1, 4]);
  });

  test("a delegated administrator audits too; the management account without the role is a gap with the command that closes it", async () => {
    organization.delegatedAdministrators.add(sampleAccounts.production);
    organization.members.set(sampleAccounts.production, { name: "security", state: "ACTIVE", parent: "r-ab12" });
    cloud.account(sampleAccounts.production, { regions: ["eu-west-1"] });
    cloud.account(management, { roles: [] });
    const { status, report } = await audit(["--profile", "production"]);
    expect(status).toBe(3);
    expect(outcomes(report)).toEqual([
      expect.stringContaining(
        "management * gap: The role arn:aws:iam::222222222222:role/rds-password-audit-member cannot be assumed: it does not exist, or its trust policy requires another principal or external ID",
      ),
    ]);
    expect(report?.coverage.notSeen[0]?.reason).toContain(
      `aws cloudformation deploy --stack-name rds-password-audit-member --template-file member-role.yaml --capabilities CAPABILITY_NAMED_IAM --parameter-overrides OrganizationId=o-a1b2c3d4e5 AuditorArns=arn:aws:iam::111111111111:role/Simulated ExternalId=${externalId} RoleName=rds-password-audit-member`,
    );
  });

  test("an empty page in the middle of the list is not its end", async () => {
    organization.pageSize = 2;
    organization.emptyPages.add(1);
    expect((await audit()).report?.coverage.counts.expected).toBe(8);
  });

  test("accounts are chosen by State: each that is not active has its state as its reason", async () => {
    for (const [index, state] of ["SUSPENDED", "CLOSED", "PENDING_CLOSURE"].entries())
      organization.members.set(idOf(index + 1), { name: `account-${index}`, state, parent: "r-ab12" });
    const { status, report } = await audit();
    expect(outcomes(report)).toEqual([
      "account-0 * account-not-active: SUSPENDED",
      "account-1 * account-not-active: CLOSED",
      "account-2 * account-not-active: PENDING_CLOSURE",
    ]);
    expect([status, report?.coverage.counts]).toEqual([
      0,
      expect.objectContaining({ expected: 5, seen: 2, accountNotActive: 3 }),
    ]);
  });

  test("accounts, units with the units below them, and Regions are left out with their reasons", async () => {
    const { status, report } = await audit(
      [],
      `${policyText}  excludedAccounts: [{ account: "${idOf(1)}", reason: Audited by its own team }]
  excludedUnits: [{ unit: ou-ab12-22222222, reason: Games }]
  excludedRegions: [{ region: us-east-1, reason: No databases are allowed there }]
`,
    );
    expect(outcomes(report)).toEqual([
      "management us-east-1 excluded: No databases are allowed there",
      "payments * excluded: Audited by its own team",
      "orders * excluded: Games",
      "sandbox * excluded: Games",
    ]);
    expect(status).toBe(0);
    expect(cloud.calls.filter(({ account }) => account !== management)).toEqual([]);
  });

  test("names Regions: one that an account has not enabled is no gap", async () => {
    cloud.account(idOf(1), { regions: ["us-east-1"] });
    const { status, report } = await audit(["--region", "eu-west-1"]);
    expect(outcomes(report)).toEqual([
      "payments eu-west-1 region-not-enabled: The Region is not enabled in the account",
    ]);
    expect([status, report?.coverage.counts.seen]).toEqual([0, 3]);
  });

  test("a Region that a service control policy denies is one gap a Region, not one a call", async () => {
    organization.deniedRegions.add("us-east-1");
    const { status, report } = await audit();
    expect(status).toBe(3);
    expect(report?.coverage.gaps.map(({ account, region }) => `${account} ${region}`)).toEqual(
      [1, 2, 3].map((index) => `${idOf(index)} us-east-1`),
    );
    expect(report?.coverage.counts).toMatchObject({ expected: 8, seen: 5, deniedByScp: 3, gap: 0 });
  });

  test("an account without the role, or with another external ID, stops no other", async () => {
    cloud.account(idOf(1), { roles: ["another"] });
    cloud.account(idOf(2), { externalId: "another" });
    const { status, report } = await audit();
    expect([status, report?.coverage.counts]).toEqual([3, expect.objectContaining({ expected: 6, seen: 4, gap: 2 })]);
    expect(report?.coverage.gaps.map(({ action, code }) => [action, code])).toEqual([
      ["sts:AssumeRole", "AccessDenied"],
      ["sts:AssumeRole", "AccessDenied"],
    ]);
  });

  test("an account that is closed in the middle is a gap in each of its Regions", async () => {
    const original = cloud.calls.push.bind(cloud.calls);
    cloud.calls.push = (...calls) => {
      if (calls.some(({ account, action }) => account === idOf(1) && action.startsWith("rds:")))
        organization.members.set(idOf(1), { name: "payments", state: "SUSPENDED", parent: "r-ab12" });
      return original(...calls);
    };
    const { status, report } = await audit();
    expect(status).toBe(3);
    expect(report?.coverage.notSeen.map(({ accountName, outcome }) => [accountName, outcome])).toEqual(
      ["eu-west-1", "us-east-1"].map(() => ["payments", "gap"]),
    );
    if (report !== null) expectSum(report);
  });

  test("a session that ends in the middle is renewed", async () => {
    cloud.timing.sessionSeconds = 1;
    cloud.account(idOf(1), { regions: ["eu-west-1"] });
    const region = cloud.region(idOf(1), "eu-west-1");
    for (let index = 0; index < 100; index += 1) region.addInstance({ identifier: `database-${index}`, managed: true });
    const { status, report } = await audit(["--region", "eu-west-1"]);
    expect([status, report?.coverage.complete]).toEqual([0, true]);
    expect(cloud.calls.filter(({ action }) => action === "sts:AssumeRole").length).toBeGreaterThan(3);
  });

  test("a session of the caller that ends in the middle leaves a gap for each account that was not opened", async () => {
    cloud.fault({ action: "sts:AssumeRole", kind: "expired-token", skip: 1 });
    const { status, report } = await audit();
    expect([status, report?.coverage.counts]).toEqual([3, expect.objectContaining({ expected: 6, seen: 4, gap: 2 })]);
    expect(report?.coverage.notSeen[0]?.reason).toContain("ExpiredToken");
  });

  test("5,000 accounts of which 4,000 are suspended cost no call for the suspended ones", async () => {
    for (const [id] of organization.members) if (id !== management) organization.members.delete(id);
    for (let index = 1; index < 5000; index += 1)
      organization.members.set(idOf(index), {
        name: `account-${index}`,
        state: index % 5 === 0 ? "ACTIVE" : "SUSPENDED",
        parent: "r-ab12",
      });
    for (let index = 5; index < 5000; index += 5) cloud.account(idOf(index), { regions: [], roles: [] });
    const { status, report } = await audit(["--region", "eu-west-1"]);
    expect([status, report?.coverage.counts]).toEqual([
      3,
      expect.objectContaining({ expected: 5000, seen: 1, gap: 999, accountNotActive: 4000 }),
    ]);
  }, 60_000);

  test("Regions are asked of each account if AWS Account Management has no trusted access", async () => {
    organization.trustsAccountManagement = false;
    const { status, report } = await audit();
    expect([status, report?.coverage.counts.seen]).toEqual([0, 8]);
  });

  test("a saved inventory gives the same coverage", async () => {
    organization.members.set(idOf(3), { name: "sandbox", state: "CLOSED", parent: "r-ab12" });
    cloud.account(idOf(1), { roles: [] });
    const { report } = await audit(["--save-inventory", file("inventory.json")]);
    const again = await runCli(["audit", "--from", file("inventory.json"), "--format", "json"]);
    expect(JSON.parse(again.stdout).coverage).toEqual(report?.coverage);
  });

  test("--timeout leaves a gap for what was not read by then", async () => {
    cloud.fault({ action: "rds:DescribeDBInstances", account: idOf(1), region: "eu-west-1", kind: "hang" });
    const { status, report } = await audit(["--timeout", "1"]);
    expect([status, report?.coverage.counts]).toEqual([3, expect.objectContaining({ expected: 8, seen: 7, gap: 1 })]);
    expect(report?.coverage.gaps.map(({ account, code }) => [account, code])).toEqual([[idOf(1), "DeadlineExceeded"]]);
  });

  test("Ctrl-C in the middle writes no file and says how far it was", async () => {
    let interrupt = () => {};
    const interrupted = new Promise<void>((resolve) => {
      interrupt = resolve;
    });
    const original = cloud.calls.push.bind(cloud.calls);
    cloud.calls.push = (...calls) => {
      if (calls.some(({ account }) => account === idOf(1))) interrupt();
      return original(...calls);
    };
    const { status, stderr } = await audit(
      ["--output", file("report.json"), "--save-inventory", file("inventory.json")],
      policyText,
      { interrupted: () => interrupted },
    );
    expect(status).toBe(130);
    expect(stderr).toMatch(/^Interrupted: \d of 4 accounts were read. Nothing was written.\n$/);
    expect([file("report.json"), file("inventory.json")].filter(existsSync)).toEqual([]);
  });
});

describe("the table of an organization", () => {
  const table = async (...args: string[]) => {
    for (let index = 4; index < 14; index += 1)
      organization.members.set(idOf(index), { name: `old-${index}`, state: "CLOSED", parent: "r-ab12" });
    organization.deniedRegions.add("us-east-1");
    cloud.account(idOf(1), { roles: [] });
    const excluded = `  excludedAccounts: [{ account: "${idOf(3)}", reason: Audited by its own team }]\n`;
    writeFileSync(file("policy.yaml"), policyText + excluded);
    const argv = ["audit", "--organization", "--policy", file("policy.yaml"), ...args];
    return (await runCli(argv, { aws: simulated.aws })).stdout;
  };

  test("golden: names the first of each outcome, with its reason", async () =>
    expectGolden("table-organization", await table()));

  test("golden: names all with --coverage-by-name", async () =>
    expectGolden("table-organization-by-name", await table("--coverage-by-name")));

  test("the page names them too", async () => {
    await table("--output", file("report.html"));
    const page = readFileSync(file("report.html"), "utf8");
    expect(page).toContain("16 accounts and Regions expected: 3 seen");
    expect(page).toContain("sandbox (300000000003)");
    expect(page).toContain("Audited by its own team");
  });
});

describe("what cannot be an audit of an organization ends with one sentence", () => {
  test.each<[name: string, change: () => void, status: number, sentence: string]>([
    [
      "not in an organization",
      () => {
        cloud.organization = null;
      },
      4,
      "The account of these credentials is not in an organization: use credentials of the management account or of a delegated administrator, or name accounts with --account.\n",
    ],
    [
      "not a delegated administrator",
      () => {
        Object.assign(organization, { managementAccount: idOf(1) });
      },
      4,
      "organizations:ListAccounts is denied (You don't have permissions to access this resource.): use credentials of the management account or of a delegated administrator, and allow the action.\n",
    ],
    [
      "a list that breaks off",
      () => {
        organization.pageSize = 2;
        cloud.fault({ action: "organizations:ListAccounts", kind: "error", code: "ServiceException", skip: 1 });
      },
      4,
      "The accounts of the organization cannot be listed: organizations:ListAccounts failed with ServiceException (An internal error occurred).\n",
    ],
  ])("%s", async (_, change, status, sentence) => {
    change();
    expect(await audit()).toEqual({ status, report: null, stderr: sentence });
  });

  test("a unit that does not exist", async () => {
    const { status, stderr } = await audit(
      [],
      `${policyText}  excludedUnits: [{ unit: ou-ab12-99999999, reason: x }]\n`,
    );
    expect([status, stderr]).toEqual([
      2,
      "An organizational unit of the policy's organization.excludedUnits does not exist (You specified parent ou-ab12-99999999 that doesn't exist.): correct its ID, or remove it.\n",
    ]);
  });

  test("no external ID: a role is never assumed without one", async () => {
    const { status, stderr } = await audit([], "organization: {}\n");
    expect([status, stderr]).toEqual([
      2,
      "--organization needs organization.externalId in the policy (--policy): the external ID that the role rds-password-audit-member requires.\n",
    ]);
    expect(cloud.calls).toEqual([]);
  });

  test.each([
    [["--from", "x.json"], "--organization and --from cannot be given together."],
    [["--account", idOf(1)], "--organization and --account cannot be given together."],
    [["--role-arn", `arn:aws:iam::${idOf(1)}:role/x`], "--organization and --role-arn cannot be given together."],
    [["--profile", "a", "b"], "--organization takes one --profile:"],
  ])("%j", async (args, sentence) => {
    const { status, stderr } = await audit(args);
    expect(status).toBe(2);
    expect(stderr).toContain(sentence);
  });
});

test("an organization without all features is audited, and the limit is said", async () => {
  organization.featureSet = "CONSOLIDATED_BILLING";
  const { status, stderr } = await audit();
  expect([status, stderr]).toEqual([
    0,
    "The organization has not enabled all features (CONSOLIDATED_BILLING): a StackSet cannot create the member role, so create it in each account.\n",
  ]);
});

test("an excluded account that the organization does not have is said", async () => {
  const { status, stderr } = await audit(
    [],
    `${policyText}  excludedAccounts: [{ account: "999999999999", reason: Moved }]\n`,
  );
  expect([status, stderr]).toEqual([
    0,
    "The organization does not have these accounts of the policy's organization.excludedAccounts: 999999999999.\n",
  ]);
});

describe("a few accounts without Organizations", () => {
  const run = async (...args: string[]) => {
    writeFileSync(file("policy.yaml"), policyText);
    const argv = ["audit", "--region", "eu-west-1", "--policy", file("policy.yaml"), "--format", "json", ...args];
    return runCli(argv, { aws: simulated.aws });
  };

  test("--account reads each with the policy's role and external ID", async () => {
    const { status, stdout } = await run("--account", `${idOf(1)},${idOf(2)}`);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).coverage.targets.map(({ account }: { account: string }) => account)).toEqual([
      idOf(1),
      idOf(2),
    ]);
    expect(cloud.calls.some(({ action }) => action.startsWith("organizations:"))).toBe(false);
  });

  test("--role-arn can be repeated; a role that cannot be assumed is a gap", async () => {
    const arn = (index: number) => `arn:aws:iam::${idOf(index)}:role/rds-password-audit-member`;
    cloud.account(idOf(2), { roles: [] });
    const { status, stdout } = await run("--role-arn", arn(1), "--role-arn", arn(2));
    expect(status).toBe(3);
    const { coverage } = JSON.parse(stdout) as Report;
    expect(coverage.counts).toMatchObject({ expected: 2, seen: 1, gap: 1 });
    expect(coverage.notSeen).toEqual([expect.objectContaining({ account: idOf(2), region: "*" })]);
  });

  test("if no role can be assumed, the audit ends with one sentence", async () => {
    cloud.account(idOf(1), { externalId: "another" });
    const { status, stdout, stderr } = await run("--account", idOf(1));
    expect([status, stdout]).toEqual([4, ""]);
    expect(stderr).toBe(
      `The role arn:aws:iam::${idOf(1)}:role/rds-password-audit-member cannot be assumed: it does not exist, or its trust policy requires another principal or external ID (User: arn:aws:sts::${management}:assumed-role/Simulated/session is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${idOf(1)}:role/rds-password-audit-member).\n`,
    );
  });

  test.each([
    [["--account", "1234"], '--account takes an account ID of 12 digits, not "1234".'],
    [["--role-arn", "auditor"], "--role-arn takes the ARN of an IAM role, such as"],
  ])("%j", async (args, sentence) => {
    const { status, stderr } = await run(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  });
});
