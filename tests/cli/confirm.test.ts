import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { confirm } from "../../cli/repairs/confirm.ts";
import type { PlannedAction } from "../../lib/model/plan.ts";
import { account, databaseArn, region } from "../support/builders.ts";

function confirmWith(answer: string, identifier: string, action: PlannedAction["action"] = "toggle") {
  const planned: PlannedAction = {
    ...{ id: "1", action, rule: "secret-key-as-required", severity: "high", gates: [], runnable: true, impact: "…" },
    database: { arn: databaseArn, kind: "instance", identifier, resourceId: "db-ORDERS", account, region },
    keyReference: null,
    consequences: [],
  };
  const stderr = new PassThrough().resume();
  const io = { ask: async () => answer, stderr, env: {} } as unknown as Parameters<typeof confirm>[2];
  return confirm(planned, { rotations: 1, signal: new AbortController().signal }, io);
}

test.each([
  ["the name", "orders", "orders", "yes"],
  ["the name with spaces around it", " orders ", "orders", "yes"],
  ["Enter", "", "orders", "no"],
  ["y", "y", "orders", "no"],
  ["another name", "Orders", "orders", "no"],
  ["Enter for a name that cannot be read", "", "", "no"],
  ["a space for a name that is a space", " ", " ", "no"],
])("%s confirms a toggle or not", async (_, answer, identifier, expected) => {
  expect(await confirmWith(answer, identifier)).toBe(expected);
});

test.each([
  ["y", "yes"],
  ["YES", "yes"],
  ["", "no"],
  ["orders", "no"],
])("'%s' confirms a rotation or not", async (answer, expected) => {
  expect(await confirmWith(answer, "orders", "rotate")).toBe(expected);
});
