import { describe, expect, test } from "@jest/globals";
import { type Availability, availabilities, isUnavailable } from "../../lib/model/availability.ts";

const aLimit = (overrides: Partial<Availability>): Availability[] => [
  {
    engines: ["mysql"],
    fromVersion: null,
    regions: "all",
    source: "https://docs.aws.amazon.com/",
    asOf: "2026-04",
    ...overrides,
  },
];
const mysql = { engine: "mysql", engineVersion: "8.0.28", region: "eu-west-1" };

describe("the table", () => {
  test.each([
    ["mysql", "5.7.44"],
    ["mariadb", "10.5.9"],
    ["postgres", "9.6.24"],
    ["oracle-ee-cdb", "19.0.0.0.ru-2025-07.rur-2025-07.r1"],
    ["sqlserver-dev-ee", "16.00.4205.1.v1"],
    ["db2-se", "11.5.9.0.sb00063198.r1"],
    ["aurora", "5.6.mysql_aurora.1.22.2"],
    ["aurora-mysql", "8.0.mysql_aurora.3.08.2"],
    ["aurora-postgresql", "16.8"],
  ])("RDS can manage the password of %s %s in every Region", (engine, engineVersion) => {
    for (const region of ["eu-west-1", "cn-north-1", "us-gov-west-1", "xx-new-9"])
      expect(isUnavailable({ engine, engineVersion, region })).toBe(false);
  });

  test.each(availabilities)("$engines name their source and the month", ({ source, asOf }) => {
    expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    expect(asOf).toMatch(/^20\d\d-\d\d$/);
  });
});

describe("whether RDS cannot manage a password", () => {
  test.each(["postgres-next", "mysqlx", "aurora-dsql", ""])("is unknown for the engine %j", (engine) => {
    expect(isUnavailable({ ...mysql, engine })).toContain(`does not know the engine ${engine}`);
  });

  test.each([
    ["8.0.27", true],
    ["8.0.28", false],
    ["8.0.28-rds.1", false],
    ["8.0.100", false],
    ["8.0", true],
    ["8.4.5", false],
    ["10.0", false],
    ["7", true],
  ])("follows the first version: %s", (engineVersion, expected) => {
    expect(isUnavailable({ ...mysql, engineVersion }, aLimit({ fromVersion: "8.0.28" }))).toBe(expected);
  });

  test.each(["next", "", null])("is unknown for a version that cannot be compared: %j", (engineVersion) => {
    expect(isUnavailable({ ...mysql, engineVersion }, aLimit({ fromVersion: "8.0.28" }))).toContain(
      "cannot be compared",
    );
  });

  test("follows the Regions", () => {
    const table = aLimit({ regions: ["us-east-1"] });
    expect(isUnavailable(mysql, table)).toBe(true);
    expect(isUnavailable({ ...mysql, region: "us-east-1" }, table)).toBe(false);
  });
});
