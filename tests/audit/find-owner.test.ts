import { expect, test } from "@jest/globals";
import { findOwner } from "../../lib/audit/find-owner.ts";
import { judgeTarget } from "../../lib/audit/judge.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { rules } from "../../rules/index.ts";
import { aDatabase, aTarget, now } from "../support/builders.ts";

test.each<[Record<string, string>, string | null]>([
  [{ owner: "payments" }, "payments"],
  [{ Owner: "payments" }, "payments"],
  [{ TEAM: "payments", owner: "ann" }, "ann"],
  [{ team: "payments", owner: " " }, "payments"],
  [{ ownership: "payments", "cost-center": "1" }, null],
  [{}, null],
])("by the default tags, the owner of a database with %j is %j", (tags, owner) => {
  expect(findOwner({ tags }, defaultPolicy)).toBe(owner);
});

test("the first tag of the policy counts", () => {
  expect(findOwner({ tags: { squad: "a", contact: "b" } }, { ownerTags: ["Contact", "Squad"] })).toBe("b");
});

test("each finding has the owner of its database", () => {
  const target = aTarget({ databases: [aDatabase({ masterUserSecret: null, tags: { Team: "payments" } })] });
  const { findings } = judgeTarget(target, defaultPolicy, rules, now);
  expect(new Set(findings.map(({ owner }) => owner))).toEqual(new Set(["payments"]));
});
