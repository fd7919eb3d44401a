import { readdirSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { renderJudgment } from "../../lib/audit/judge.ts";
import { rules } from "../../rules/index.ts";
import { aDatabase, aPolicy } from "../support/builders.ts";

const lists = ["rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeTenantDatabases"];
const secrets = [...lists, "secretsmanager:ListSecrets"];
const keys = [...secrets, "kms:DescribeKey"];

/** Policies, dashboards and exemptions depend on these ids, so a change here breaks them. `npm run new-rule` adds an entry. */
const pinned: Readonly<Record<string, { severity: string; reads: readonly string[] }>> = {
  "master-password-managed": {
    severity: "high",
    reads: [...lists, "rds:DescribeGlobalClusters", "rds:DescribeBlueGreenDeployments"],
  },
  "secret-not-impaired": { severity: "high", reads: keys },
  "secret-not-stuck": { severity: "medium", reads: secrets },
  "secret-belongs-to-database": { severity: "high", reads: secrets },
  "secret-key-as-required": { severity: "high", reads: keys },
  "secret-key-usable": { severity: "critical", reads: keys },
  "secret-key-consistent": { severity: "low", reads: keys },
  "rotation-enabled": { severity: "medium", reads: secrets },
  "rotation-on-schedule": { severity: "medium", reads: secrets },
  "rotation-interval-within-limit": { severity: "low", reads: secrets },
  "toggle-not-interrupted": { severity: "critical", reads: lists },
  "secret-not-shared": { severity: "high", reads: secrets },
};

/** The repairs of each message, the least disruptive first. Every other message needs manual action. */
const repairs: Readonly<Record<string, readonly string[]>> = {
  "master-password-managed unmanaged": ["enable"],
  "master-password-managed unmanagedWithoutKey": ["enable"],
  "secret-not-impaired rotationFailed": ["rotate", "toggle"],
  "secret-not-impaired impaired": ["rotate", "toggle"],
  "secret-key-as-required rdsKeyOther": ["toggle"],
  "secret-key-as-required secretKeyOther": ["toggle"],
  "secret-key-as-required sameAsStorage": ["toggle"],
  "rotation-enabled off": ["schedule-rotation"],
  "rotation-on-schedule overdue": ["rotate"],
  "toggle-not-interrupted onAgain": ["finish-interrupted"],
  "toggle-not-interrupted interrupted": ["finish-interrupted"],
};

function idsIn(folder: URL, ending: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

const catalogued = rules.map(({ id }) => id);

describe("the catalogue", () => {
  test("contains these rules, in this order, with these severities and reads", () => {
    expect(Object.fromEntries(rules.map(({ id, severity, reads }) => [id, { severity, reads }]))).toEqual(pinned);
    expect(catalogued).toEqual(Object.keys(pinned));
  });

  test("requests these repairs, and none for a cause that the repair would not remove", () => {
    const asked = rules.flatMap(({ id, messages }) =>
      Object.entries(messages).flatMap(([name, message]) =>
        message.repairs === undefined ? [] : [[`${id} ${name}`, message.repairs]],
      ),
    );
    expect(Object.fromEntries(asked)).toEqual(repairs);
  });

  test("repairs a compliant database only to finish an interrupted repair", () => {
    for (const { messages } of rules)
      for (const { status, repairs = [] } of Object.values(messages))
        if (repairs.length > 0 && status !== "NON_COMPLIANT") expect(repairs).toEqual(["finish-interrupted"]);
  });

  test("contains every file in rules/", () => {
    const files = idsIn(new URL("../../rules/", import.meta.url), ".ts").filter((id) => id !== "index");
    expect(files).toEqual([...catalogued].sort());
  });

  test("has one test file per rule, with the rule's name", () => {
    const tests = idsIn(new URL("./", import.meta.url), ".test.ts").filter((id) => id !== "catalogue");
    expect(tests).toEqual([...catalogued].sort());
  });

  test.each(catalogued)("the file of %s exports only the rule, in camel case", async (id) => {
    const name = id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const exported: Record<string, unknown> = await import(`../../rules/${id}.ts`);
    expect(Object.keys(exported)).toEqual([name]);
    expect(exported[name]).toBe(rules.find((rule) => rule.id === id));
  });

  test.each(rules)("$id has a title without a period, a rationale and a link to its source", (rule) => {
    expect(rule.title).toMatch(/^[A-Z].*[^.]$/);
    expect(rule.rationale).toMatch(/^[A-Z].*\.$/s);
    expect(rule.references.length).toBeGreaterThan(0);
    for (const reference of rule.references) expect(reference).toMatch(/^https:\/\/[\w./?#=-]+$/);
  });

  test("no remedy for a tenant database has --apply-immediately, which AWS does not accept", () => {
    const tenant = aDatabase({ kind: "tenant-database", identifier: "erp/PDB1" });
    const remedies = rules.flatMap((rule) =>
      Object.entries(rule.messages).map(
        ([messageId, message]) =>
          renderJudgment({ rule, verdict: { messageId }, message }, tenant, aPolicy()).remediation,
      ),
    );
    expect(remedies.filter((remedy) => remedy?.includes("--apply-immediately"))).toEqual([]);
    expect(remedies.filter((remedy) => remedy?.includes("--rotate-master-user-password"))).not.toEqual([]);
  });

  test("rules only list and describe, and never read the value of a secret", () => {
    for (const { reads } of rules)
      for (const action of reads) expect(action).toMatch(/^(rds|kms|secretsmanager):(Describe|List)\w+$/);
  });
});
