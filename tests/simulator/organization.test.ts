import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { reasons } from "../../lib/audit/classify.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { takeInventory } from "../../lib/collect/take-inventory.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import type { Report } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import { createSampleOrganization, sampleAccounts, sampleRegions } from "../../simulator/organization.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";

const now = "2026-11-24T09:00:00.000Z";
const ids = rules.map(({ id }) => id);

let simulator: Simulator;
let report: Report;
beforeAll(async () => {
  const { cloud, policyYaml } = createSampleOrganization({ now: new Date(now) });
  simulator = await startSimulator(cloud);
  const rulesOn = rules.filter(({ offByDefault }) => offByDefault).map(({ id }) => id);
  const policy = { ...parsePolicy(policyYaml, "the sample policy", ids), rulesOn };
  const { endpoint } = simulator;
  const accounts = Object.entries(sampleAccounts).map(([name, accessKeyId]) =>
    createAccount({ name, endpoint, credentials: { accessKeyId, secretAccessKey: "not-verified" } }),
  );
  const inventory = await takeInventory({ accounts, regions: "all", policy, rules, now });
  report = assembleReport(inventory, { policy, rules, generatedAt: now, version: "0.0.0" });
});
afterAll(() => simulator.close());

const failing = (rule: string) =>
  report.findings.filter((finding) => finding.rule === rule && finding.status === "NON_COMPLIANT");

test.each(ids)("%s has a violation", (id) => {
  expect(failing(id)).not.toEqual([]);
});

// `oracle-cdb` is a reason only where the policy says so, and AWS documents no engine version and no Region for `not-available`.
test.each(reasons.map(({ code }) => code).filter((code) => !["oracle-cdb", "not-available"].includes(code)))(
  "%s is a reason somewhere",
  (code) => {
    expect(report.databases.map(({ reason }) => reason)).toContain(code);
  },
);

test("impaired secrets show each cause, and one has no visible cause", () => {
  const causes = failing("secret-not-impaired")
    .map(({ message }) => message)
    .join("\n");
  for (const cause of [
    "is Disabled",
    "scheduled for deletion",
    "resource policy denies RDS",
    "is closed to RDS",
    "no cause is visible",
  ])
    expect(causes).toContain(cause);
});

test("one exemption ends soon, and one has ended", () => {
  expect(report.findings.flatMap(({ exemption }) => exemption?.until ?? [])).toEqual(["2026-11-29"]);
  expect(
    failing("master-password-managed")
      .map(({ message }) => message)
      .join("\n"),
  ).toContain("ended on 2026-11-22");
});

test("one secret of RDS belongs to no database", () => {
  const orphans = report.coverage.targets.flatMap(({ orphanedSecrets }) => orphanedSecrets ?? []);
  expect(orphans).toEqual([expect.objectContaining({ createdFor: expect.stringMatching(/:db:orders-2023$/) })]);
});

test("a stopped database, one that has just started, and a SQL Server replica have no violations", () => {
  const wrong = report.findings.map(({ resource }) => resource.identifier);
  expect(wrong).not.toContain("campaign-2025");
  expect(wrong).not.toContain("month-end");
  expect(wrong).not.toContain("erp-replica");
  expect(report.databases.find(({ identifier }) => identifier === "erp-replica")?.management).toBe("managed");
});

test("coverage includes all accounts and Regions; the data platform's secrets are gaps", () => {
  expect(report.coverage.targets).toHaveLength(Object.keys(sampleAccounts).length * sampleRegions.length);
  expect(new Set(report.coverage.gaps.map(({ account, action }) => `${account} ${action}`))).toEqual(
    new Set([`${sampleAccounts.dataPlatform} secretsmanager:ListSecrets`]),
  );
});

test("most managed databases are healthy", () => {
  const { dataPlatform } = sampleAccounts;
  const managed = report.databases.filter(
    ({ management, account }) => management === "managed" && account !== dataPlatform,
  );
  const wrong = new Set(report.findings.map(({ resource }) => resource.arn));
  expect(managed.filter(({ arn }) => !wrong.has(arn)).length).toBeGreaterThan(managed.length / 2);
});

test("is deterministic", () => {
  const secretsOf = () => [
    ...createSampleOrganization({ now: new Date(now) }).cloud.region(sampleAccounts.production, "eu-west-1").secrets,
  ];
  expect(secretsOf()).toEqual(secretsOf());
});
