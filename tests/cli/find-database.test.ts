import { describe, expect, test } from "@jest/globals";
import { findDatabaseForSure } from "../../cli/input/find-database.ts";
import type { Gap } from "../../lib/model/inventory.ts";
import { aDatabase, aGap, anInventory, aTarget, databaseArn } from "../support/builders.ts";

/** The ARN of the database found despite the gaps, or the error message. */
function find(name: string, { entering = [], reading = [] }: { entering?: Gap[]; reading?: Gap[] } = {}): string {
  const target = aTarget({ databases: [aDatabase({ identifier: "orders" })], gaps: reading });
  try {
    return findDatabaseForSure(name, anInventory({ targets: [target], gaps: entering })).database.arn;
  } catch (error) {
    return (error as Error).message;
  }
}

const closed = aGap({ account: "profile staging", region: "*", action: "sts:GetCallerIdentity" });
const broken = aGap({ action: "rds:DescribeDBClusters" });

describe("a database to change", () => {
  test("is found by its name if coverage is complete", () => expect(find("Orders")).toBe(databaseArn));

  test("is not accepted by its name if an account, which may have another one, could not be read", () =>
    expect(find("orders", { entering: [closed] })).toBe(
      `Another database may be called "orders", because profile staging could not be read: if you mean ${databaseArn}, give this ARN.`,
    ));

  test("is not accepted by its name if a list of databases is incomplete", () =>
    expect(find("ORDERS", { reading: [broken] })).toMatch(/because 123456789012 eu-west-1 could not be read/));

  test("is always accepted by its ARN", () =>
    expect(find(databaseArn, { entering: [closed], reading: [broken] })).toBe(databaseArn));

  test("is accepted by its name if only secrets could not be read", () =>
    expect(find("orders", { reading: [aGap({ action: "secretsmanager:ListSecrets" })] })).toBe(databaseArn));
});
