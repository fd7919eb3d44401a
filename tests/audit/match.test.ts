import { describe, expect, test } from "@jest/globals";
import { matches } from "../../lib/audit/match.ts";
import { account, aPlainDatabase, region } from "../support/builders.ts";

const database = aPlainDatabase({ tags: { stage: "prod", team: "orders" } });

describe("a match", () => {
  test("without fields covers every database", () => {
    expect(matches({}, database)).toBe(true);
  });

  test.each([
    [{ account: ["000000000000", account] }],
    [{ region: [region] }],
    [{ engine: ["mysql", "post*"] }],
    [{ identifier: ["ledger", "ord*"] }],
    [{ tags: { stage: "prod" } }],
    [{ tags: { stage: "prod", team: "orders" } }],
    [{ account: [account], region: [region], engine: ["postgres"], identifier: ["*"], tags: { stage: "prod" } }],
  ])("%j covers it", (match) => {
    expect(matches(match, database)).toBe(true);
  });

  test.each([
    [{ account: ["000000000000"] }],
    [{ region: ["us-east-1"] }],
    [{ engine: ["mysql"] }],
    [{ identifier: ["ledger*"] }],
    [{ tags: { stage: "test" } }],
    [{ tags: { stage: "prod", team: "ledger" } }],
    [{ tags: { owner: "ann" } }],
    [{ tags: { Stage: "prod" } }],
    [{ tags: { stage: "Prod" } }],
    [{ account: [account], region: ["us-east-1"] }],
    [{ account: [] }],
  ])("%j does not: all that is given must hold", (match) => {
    expect(matches(match, database)).toBe(false);
  });

  test("an identifier glob covers a tenant database by its container", () => {
    const tenant = aPlainDatabase({ kind: "tenant-database", identifier: "prod-erp/PDB1" });
    expect(matches({ identifier: ["prod-*"] }, tenant)).toBe(true);
  });
});
