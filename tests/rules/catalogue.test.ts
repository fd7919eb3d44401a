import { readdirSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { renderJudgment } from "../../lib/audit/judge.ts";
import { rules } from "../../rules/index.ts";
import { aDatabase, aPolicy } from "../support/builders.ts";

const lists = ["rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeTenantDatabases"];
const secrets = [...lists, "secretsmanager:ListSecrets"];
const keys = [...secrets, "kms:DescribeKey"];

/** What other people's policies, dashboards and exemptions are written against: a change here is a change for them. */
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
};

/** What the service may do about what a rule says, the first that is not known to be in vain; all else is left to a person. */
const repairs: Readonly<Record<string, readonly string[]>> = {
  "master-password-managed unmanaged": ["enable"],
  "secret-not-impaired rotationFailed": ["rotate", "toggle"],
  "secret-not-impaired impaired": ["rotate", "toggle"],
  "secret-key-as-required rdsKeyOther": ["toggle"],
  "secret-key-as-required secretKeyOther": ["toggle"],
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
  test("it holds these eleven rules, in this order, with these severities and reads", () => {
    expect(Object.fromEntries(rules.map(({ id, severity, reads }) => [id, { severity, reads }]))).toEqual(pinned);
    expect(catalogued).toEqual(Object.keys(pinned));
    expect(catalogued).toHaveLength(11);
  });

  test("it asks for these repairs, and for none of a cause that would outlive them", () => {
    const asked = rules.flatMap(({ id, messages }) =>
      Object.entries(messages).flatMap(([name, message]) =>
        message.repairs === undefined ? [] : [[`${id} ${name}`, message.repairs]],
      ),
    );
    expect(Object.fromEntries(asked)).toEqual(repairs);
  });

  test("nothing but what a repair left behind is repaired where nothing is wrong", () => {
    for (const { messages } of rules)
      for (const { status, repairs = [] } of Object.values(messages))
        if (repairs.length > 0 && status !== "NON_COMPLIANT") expect(repairs).toEqual(["finish-interrupted"]);
  });

  test("every file in rules/ is a rule of the catalogue", () => {
    const files = idsIn(new URL("../../rules/", import.meta.url), ".ts").filter((id) => id !== "index");
    expect(files).toEqual([...catalogued].sort());
  });

  test("every rule has a test of its name, and every test a rule", () => {
    const tests = idsIn(new URL("./", import.meta.url), ".test.ts").filter((id) => id !== "catalogue");
    expect(tests).toEqual([...catalogued].sort());
  });

  test.each(catalogued)(
    "the file of %s exports the rule, under its name in camel case, and nothing else",
    async (id) => {
      const name = id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      const exported: Record<string, unknown> = await import(`../../rules/${id}.ts`);
      expect(Object.keys(exported)).toEqual([name]);
      expect(exported[name]).toBe(rules.find((rule) => rule.id === id));
    },
  );

  test.each(rules)("$id says why, in a title without a full stop, a rationale and a link to its source", (rule) => {
    expect(rule.title).toMatch(/^[A-Z].*[^.]$/);
    expect(rule.rationale).toMatch(/^[A-Z].*\.$/s);
    expect(rule.references.length).toBeGreaterThan(0);
    for (const reference of rule.references) expect(reference).toMatch(/^https:\/\/[\w./?#=-]+$/);
  });

  test("no remedy for a tenant database has --apply-immediately, which AWS does not take for one", () => {
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

  test("no rule reads the value of a secret, or anything but lists and descriptions", () => {
    for (const { reads } of rules)
      for (const action of reads) expect(action).toMatch(/^(rds|kms|secretsmanager):(Describe|List)\w+$/);
  });
});
