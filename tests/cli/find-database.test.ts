import { describe, expect, test } from "@jest/globals";
import { findDatabaseForSure } from "../../cli/find-database.ts";
import type { Gap } from "../../lib/model/inventory.ts";
import { aDatabase, aGap, anInventory, aTarget, databaseArn } from "../support/builders.ts";

/** The ARN of the database that a name means where something could not be read, or why it is not taken. */
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

describe("a database that may be changed", () => {
  test("is found by its name where everything could be read", () => expect(find("Orders")).toBe(databaseArn));

  test("is not taken by its name where an account could not be entered, which may have another", () =>
    expect(find("orders", { entering: [closed] })).toBe(
      `One database called "orders" was found, but profile staging could not be read, and may have another: give its ARN, ${databaseArn}, if that is the one.`,
    ));

  test("nor where a list of databases broke", () =>
    expect(find("ORDERS", { reading: [broken] })).toMatch(
      /but 123456789012 eu-west-1 could not be read, and may have another/,
    ));

  test("is taken by its ARN all the same", () =>
    expect(find(databaseArn, { entering: [closed], reading: [broken] })).toBe(databaseArn));

  test("and by its name where only a secret could not be read", () =>
    expect(find("orders", { reading: [aGap({ action: "secretsmanager:ListSecrets" })] })).toBe(databaseArn));
});
