import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type SecurityHubState, toAsff, toSecurityHubState } from "../../../lib/report/aws/asff.ts";
import { renderAsff } from "../../../lib/report/aws/asff-file.ts";
import { anInventory, hoursFromNow, now } from "../../support/builders.ts";
import { allCases, outcomeFindings, withFindings } from "../files/cases.ts";
import { hostileFinding } from "../hostile.ts";
import { aFinding, anEndedExemption, threeWeeksAgo } from "../sample-changes.ts";
import { aReport, options } from "../sample-reports.ts";

const productArn = "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default";
const states: readonly SecurityHubState[] = ["active", "resolved", "withdrawn"];
const send = (finding: Parameters<typeof toAsff>[0], state: SecurityHubState = "active", at = now) =>
  toAsff(finding, { state, at, productArn });

test("translates an open finding", () =>
  expect(send(aFinding({ firstSeenAt: threeWeeksAgo }))).toEqual({
    SchemaVersion: "2018-10-08",
    Id: "master-password-managed/arn:aws:rds:eu-west-1:123456789012:db:orders",
    ProductArn: productArn,
    ProductName: "rds-password-audit",
    GeneratorId: "rds-password-audit/master-password-managed",
    AwsAccountId: "123456789012",
    CreatedAt: threeWeeksAgo,
    UpdatedAt: now,
    FirstObservedAt: threeWeeksAgo,
    LastObservedAt: now,
    Title: "RDS does not manage the master password of DB instance orders.",
    Description: "RDS does not manage the master password of DB instance orders.",
    FindingProviderFields: {
      Severity: { Label: "HIGH", Original: "high" },
      Types: ["Software and Configuration Checks/AWS Security Best Practices"],
    },
    Resources: [
      {
        Type: "AwsRdsDbInstance",
        Id: "arn:aws:rds:eu-west-1:123456789012:db:orders",
        Partition: "aws",
        Region: "eu-west-1",
      },
    ],
    Compliance: { Status: "FAILED" },
    RecordState: "ACTIVE",
    Remediation: {
      Recommendation: {
        Text: aFinding().remediation,
        Url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
      },
    },
    ProductFields: {
      "rds-password-audit/rule": "master-password-managed",
      "rds-password-audit/status": "NON_COMPLIANT",
      "rds-password-audit/state": "active",
      "rds-password-audit/database": "DB instance orders",
      "rds-password-audit/resourceId": "db-ORDERS",
    },
  }));

describe("the state in Security Hub", () => {
  const exempt = aFinding({ exemption: { ...anEndedExemption, until: "2026-12-31" } });
  const notEvaluated = aFinding({ status: "INSUFFICIENT_DATA" });
  test.each([
    ["open", aFinding(), "active", "FAILED", "ACTIVE", "HIGH"],
    ["not evaluated", notEvaluated, "active", "WARNING", "ACTIVE", "HIGH"],
    ["exempt", exempt, "active", "FAILED", "ARCHIVED", "HIGH"],
    ["resolved", aFinding(), "resolved", "PASSED", "ARCHIVED", "INFORMATIONAL"],
    ["no longer evaluated", aFinding(), "withdrawn", "NOT_AVAILABLE", "ARCHIVED", "INFORMATIONAL"],
  ] as const)("%s", (_, finding, state, compliance, record, severity) => {
    const sent = send(finding, state);
    expect([sent.Compliance.Status, sent.RecordState, sent.FindingProviderFields.Severity.Label]).toEqual([
      compliance,
      record,
      severity,
    ]);
  });

  test.each([
    ["new", "active"],
    ["worse", "active"],
    ["exemption-ended", "active"],
    ["exempted", "active"],
    ["fixed", "resolved"],
    ["database-gone", "withdrawn"],
    ["not-audited", "withdrawn"],
  ] as const)("a change with the reason %s is %s", (reason, state) => {
    const isResolved = state !== "active";
    expect(toSecurityHubState({ type: isResolved ? "finding.resolved" : "finding.changed", reason })).toBe(state);
  });

  test("the description names the owner and the reason of an exemption", () =>
    expect(send(exempt).Description).toContain(
      "Exempted by orders@example.com until 2026-12-31: Moves to IAM authentication first",
    ));
});

test.each([
  ["a DB cluster", "AWS::RDS::DBCluster", "AwsRdsDbCluster", undefined],
  ["a tenant database, which ASFF does not know", "AWS::RDS::TenantDatabase", "Other", "AWS::RDS::TenantDatabase"],
])("the resource of %s", (_, type, asffType, other) => {
  const [resource] = send(aFinding({ resource: { ...aFinding().resource, type } })).Resources;
  expect([resource?.Type, resource?.Details?.Other.type]).toEqual([asffType, other]);
});

test.each([
  ["aws-cn", "aws-cn"],
  ["aws-us-gov", "aws-us-gov"],
  ["aws-iso", undefined],
])("the partition %s is sent as %s", (partition, sent) => {
  const { resource } = aFinding();
  const arn = resource.arn.replace("arn:aws:", `arn:${partition}:`);
  expect(send(aFinding({ resource: { ...resource, arn } })).Resources[0]?.Partition).toBe(sent);
});

test("UpdatedAt is never before CreatedAt", () => {
  const sent = send(aFinding({ firstSeenAt: hoursFromNow(1) }));
  expect(sent.CreatedAt).toBe(now);
});

describe("the id", () => {
  const idOf = (id: string) => send(aFinding({ id })).Id;

  test("of 512 characters is unchanged", () => expect(idOf("x".repeat(512))).toBe("x".repeat(512)));

  test("of 513 characters ends in the SHA-256 of the whole id", () => {
    const hash = createHash("sha256").update("x".repeat(513)).digest("hex");
    expect(idOf("x".repeat(513))).toBe(`${"x".repeat(447)}#${hash}`);
    expect(idOf(`${"x".repeat(600)}a`)).not.toBe(idOf(`${"x".repeat(600)}b`));
  });

  test("is the same in every state", () =>
    expect(new Set(states.map((state) => send(aFinding(), state).Id)).size).toBe(1));
});

test.each([
  ["Title", 256, (text: string) => send(aFinding({ message: text })).Title],
  ["Description", 1024, (text: string) => send(aFinding({ message: text })).Description],
  ["Recommendation", 512, (text: string) => send(aFinding({ remediation: text })).Remediation.Recommendation.Text],
])("%s has at most %i characters", (_, max, textOf) => {
  expect(textOf("x".repeat(max))).toBe("x".repeat(max));
  expect(textOf("x".repeat(max + 1))).toBe(`${"x".repeat(max - 1)}…`);
});

test("omits an empty remediation, which ASFF rejects", () =>
  expect(send(aFinding({ remediation: "" })).Remediation.Recommendation).not.toHaveProperty("Text"));

/** https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html and asff-top-level-attributes.html, as of 2026-11. */
const texts: Readonly<Record<string, number>> = {
  Id: 512,
  ProductArn: 2048,
  ProductName: 128,
  GeneratorId: 512,
  AwsAccountId: 512,
  Title: 256,
  Description: 1024,
};

function expectValid(finding: ReturnType<typeof toAsff>): void {
  for (const [name, max] of Object.entries(texts)) expectText(finding[name as "Id"], max);
  for (const instant of [finding.CreatedAt, finding.UpdatedAt]) expect(instant).toBe(new Date(instant).toISOString());
  expect(finding.CreatedAt <= finding.UpdatedAt).toBe(true);
  const fields = Object.entries(finding.ProductFields);
  expect(fields.length).toBeLessThanOrEqual(50);
  for (const [name, value] of fields) {
    expectText(name, 128);
    expectText(value, 2048);
  }
  expectText(finding.Remediation.Recommendation.Text ?? "left out", 512);
  expect(finding.Resources).toHaveLength(1);
  for (const { Id, Region, Details } of finding.Resources) {
    for (const value of [Id, Region]) expectText(value, 512);
    for (const value of Object.values(Details?.Other ?? {})) expectText(value, 2048);
  }
  expect(Buffer.byteLength(JSON.stringify(finding))).toBeLessThan(240_000);
}

function expectText(text: string, max: number): void {
  expect(text).toMatch(/\S/);
  expect(text.length).toBeLessThanOrEqual(max);
  expect(text.isWellFormed()).toBe(true);
}

test("any data from AWS becomes valid ASFF", () =>
  fc.assert(
    fc.property(hostileFinding, fc.constantFrom(...states), (finding, state) => expectValid(send(finding, state))),
  ));

type Shape = {
  readonly type: string;
  readonly members?: Record<string, { readonly shape: string }>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
};

/** AWS's service model, if botocore is installed. */
function readServiceModel(): Record<string, Shape> | null {
  try {
    const script = "import botocore, os; print(os.path.dirname(botocore.__file__))";
    const folder = execFileSync("python3", ["-c", script], { encoding: "utf8", stdio: "pipe" }).trim();
    const file = `${folder}/data/securityhub/2018-10-26/service-2.json`;
    const text = existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`));
    return JSON.parse(text.toString()).shapes;
  } catch {
    return null;
  }
}

const shapes = readServiceModel();

/** Every violation of a shape by a value. */
function faultsOf(value: unknown, name: string, path: string): string[] {
  const shape = shapes?.[name];
  if (shape === undefined) return [`${path}: there is no shape ${name}`];
  if (shape.type === "string") {
    if (typeof value !== "string") return [`${path}: no string`];
    if (shape.enum !== undefined && !shape.enum.includes(value)) return [`${path}: ${value} is none of ${shape.enum}`];
    return shape.pattern !== undefined && !new RegExp(shape.pattern).test(value) ? [`${path}: ${shape.pattern}`] : [];
  }
  if (shape.type === "list")
    return (value as unknown[]).flatMap((one, index) => faultsOf(one, shape.member?.shape ?? "", `${path}[${index}]`));
  const entries = Object.entries(value as object);
  if (shape.type === "map")
    return entries.flatMap(([key, one]) => [
      ...faultsOf(key, shape.key?.shape ?? "", path),
      ...faultsOf(one, shape.value?.shape ?? "", `${path}.${key}`),
    ]);
  const missing = (shape.required ?? []).filter((one) => !entries.some(([key]) => key === one));
  return [
    ...missing.map((one) => `${path}.${one}: missing`),
    ...entries.flatMap(([key, one]) => faultsOf(one, shape.members?.[key]?.shape ?? `of ${key}`, `${path}.${key}`)),
  ];
}

(shapes === null ? describe.skip : describe)("the service model of AWS", () => {
  test("accepts every field and its type", () =>
    fc.assert(
      fc.property(hostileFinding, fc.constantFrom(...states), (finding, state) =>
        expect(faultsOf(send(finding, state), "AwsSecurityFinding", "finding")).toEqual([]),
      ),
    ));

  test("rejects an unknown status", () =>
    expect(faultsOf({ ...send(aFinding()), RecordState: "OPEN" }, "AwsSecurityFinding", "finding")).toHaveLength(1));
});

describe("the file for Security Hub", () => {
  const read = (report: Parameters<typeof renderAsff>[0]): ReturnType<typeof toAsff>[] =>
    JSON.parse(renderAsff(report, options()));

  test("has what an import of each finding gets, for the default product of its account", async () => {
    for (const [, report] of await allCases()) {
      const file = read(report);
      expect(file).toHaveLength(report.findings.length);
      for (const finding of file.slice(0, 100)) expectValid(finding);
      expect(file.map(({ ProductArn }) => ProductArn)).toEqual(
        report.findings.map(
          ({ account, region }) => `arn:aws:securityhub:${region}:${account}:product/${account}/default`,
        ),
      );
    }
  });

  test("no outcome is a pass, and an exempt finding is archived", () =>
    expect(
      read(withFindings(aReport(anInventory()), outcomeFindings)).map(({ Compliance, RecordState }) => [
        Compliance.Status,
        RecordState,
      ]),
    ).toEqual([
      ["FAILED", "ACTIVE"],
      ["FAILED", "ARCHIVED"],
      ["WARNING", "ACTIVE"],
      ["WARNING", "ARCHIVED"],
    ]));
});
