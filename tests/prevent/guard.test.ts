import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { reasons } from "../../lib/audit/classify.ts";
import { matchesGlob } from "../../lib/model/glob.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { toPattern } from "../../lib/prevent/guard/glob-pattern.ts";
import { exclusions } from "../../lib/prevent/guard/guarded-types.ts";
import { makeGuardRules } from "../../lib/prevent/guard/rules.ts";
import { makeGuardTests } from "../../lib/prevent/guard/tests.ts";
import { toRequirements } from "../../lib/prevent/requirements.ts";
import { rules } from "../../rules/index.ts";
import { now } from "../support/builders.ts";
import { testRules, validateTemplate } from "./cfn-guard.ts";

const policyOf = (text: string) =>
  parsePolicy(
    text || "{}",
    "policy.yaml",
    rules.map(({ id }) => id),
  );
function generate(text: string) {
  const policy = policyOf(text);
  const requirements = toRequirements(policy, now);
  return { rules: makeGuardRules(requirements, policy.support), tests: makeGuardTests(requirements, policy.support) };
}
const failed = (output: string) => output.match(/FAIL Rules:|Parse Error/g) ?? [];

describe("the generated unit tests pass with the generated rules, in CloudFormation Guard itself", () => {
  test.each([
    ["no policy", 35, ""],
    [
      "a key of every kind",
      53,
      "keys: [{ match: { engine: 'oracle-*' }, require: alias/oracle }, { match: { engine: mysql }, require: aws-managed }, { require: [customer-managed] }]",
    ],
    ["one key or another", 41, "keys: [{ require: [alias/one, customer-managed] }]"],
    ["a key other than the storage's", 45, "keys: [{ differentFromStorage: true }]"],
    [
      "a required key, other than the storage's",
      47,
      "keys: [{ require: customer-managed, differentFromStorage: true }]",
    ],
    [
      "the default key, or one other than the storage's",
      45,
      "keys: [{ require: [aws-managed], differentFromStorage: true }]",
    ],
    [
      "exempt engines",
      39,
      "exemptions: [{ match: { engine: ['db2-*', 'maria?b'] }, owner: ann, reason: legacy, until: 2027-01-01 }]",
    ],
    ["no CDB", 35, "support: { oracleCdb: unsupported }"],
    ["the rule off", 8, "rulesOff: [master-password-managed]"],
  ])("%s: %i verdicts, none wrong", (_, number, text) => {
    const generated = generate(text);
    const { status, output } = testRules(generated.rules, generated.tests);
    expect(failed(output)).toEqual([]);
    expect(status).toBe(0);
    expect(output.match(/PASS Rules:/g) ?? []).toHaveLength(number);
  });
});

describe("rules with a clause taken out fail their unit tests", () => {
  const { rules: text, tests } = generate("keys: [{ require: customer-managed, differentFromStorage: true }]");
  const clauses = text
    .split("\n")
    .filter((line) => /^ {4,8}(Properties|ManageMasterUserPassword|MasterUserSecret)/.test(line));
  test("there are clauses", () => expect(clauses.length).toBeGreaterThan(12));

  // A type is in each filter, and "exists" gives the better message for what the next line also refuses.
  test.each([...new Set(clauses)].filter((line) => !line.endsWith("ManageMasterUserPassword exists")))(
    "%s",
    (clause) => {
      const broken = text
        .split("\n")
        .filter((line) => line !== clause)
        .join("\n");
      expect(testRules(broken, tests).status).not.toBe(0);
    },
  );
});

test("a template is refused by resource, with what to do", () => {
  const template = `Resources:
  Good: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, ManageMasterUserPassword: true } }
  Bad: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, MasterUserPassword: { Ref: P } } }
  Member: { Type: AWS::RDS::DBInstance, Properties: { DBClusterIdentifier: { Ref: C } } }
`;
  const { status, output } = validateTemplate(generate("").rules, template);
  expect(status).toBe(19);
  expect(output).toContain("/Resources/Bad");
  expect(output).not.toMatch(/Resources\/(Good|Member)/);
  expect(output).toContain("Set ManageMasterUserPassword to true, so that RDS manages the master password.");
});

test("the rules cover each reason that a template shows, and name the others", () => {
  const inTemplates = new Set(exclusions.map(({ code }) => code));
  // DocumentDB and Neptune have resource types of their own, and the policy decides about Oracle CDB.
  expect(reasons.map(({ code }) => code).filter((code) => !inTemplates.has(code))).toEqual([
    "docdb",
    "neptune",
    "oracle-cdb",
  ]);
});

test("a glob means the same in Guard as in the policy", () => {
  const anyGlob = fc
    .array(fc.constantFrom("*", "?", "a", "-", ".", "[ab]", "[!ab]", "{a,b-}"), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join(""));
  const anyName = fc.string({ unit: fc.constantFrom("a", "b", "-", "+", "C"), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(anyGlob, anyName, (glob, name) => {
      const pattern = new RegExp(toPattern(glob).replace("(?i)", ""), "i");
      expect(pattern.test(name)).toBe(matchesGlob(name, glob));
    }),
    { examples: [["oracle-*", "ORACLE-ee"]] },
  );
});
