import { describe, expect, test } from "@jest/globals";
import { consequencesOf } from "../../lib/model/consequences.ts";
import type { Database } from "../../lib/model/database.ts";

const codes = (engine: string, kind: Database["kind"] = "instance", replicas: readonly string[] = []) =>
  consequencesOf({ engine, kind, replicas: [...replicas] }).map(({ code }) => code);

const all = ["old-password", "weekly-rotation", "fixed-key", "secret-price"];

describe("consequences of turning management on", () => {
  test.each([
    ["postgres", "instance", ["no-new-replicas", "no-blue-green-deployment"]],
    ["mysql", "cluster", ["no-new-replicas", "no-blue-green-deployment"]],
    ["aurora-postgresql", "cluster", ["no-blue-green-deployment", "no-global-database"]],
    ["aurora-mysql", "cluster", ["no-blue-green-deployment", "no-global-database", "no-validate-password"]],
    ["oracle-ee", "instance", ["no-new-replicas", "no-data-guard-switchover"]],
    ["oracle-ee-cdb", "tenant-database", ["no-tenant-replicas", "no-data-guard-switchover"]],
    ["sqlserver-se", "instance", []],
    ["db2-se", "instance", ["no-new-replicas"]],
  ] as const)("of %s (%s)", (engine, kind, own) => {
    expect(codes(engine, kind).filter((code) => !all.includes(code))).toEqual(own);
    expect(codes(engine, kind)).toEqual(expect.arrayContaining(all));
  });

  test("name the replicas that exist, except for SQL Server, which supports them", () => {
    const [, , , existing] = consequencesOf({ engine: "postgres", kind: "instance", replicas: ["orders-replica"] });
    expect(existing?.text).toContain("(orders-replica)");
    expect(codes("sqlserver-se", "instance", ["erp-replica"])).not.toContain("existing-replicas");
    expect(codes("postgres")).not.toContain("existing-replicas");
  });

  test("each have a source and the month in which it was checked", () => {
    for (const { source, asOf } of consequencesOf({ engine: "aurora-mysql", kind: "cluster", replicas: ["x"] })) {
      expect(source).toMatch(/^https:\/\/(docs\.)?aws\.amazon\.com\//);
      expect(asOf).toMatch(/^20\d\d-\d\d$/);
    }
  });
});
