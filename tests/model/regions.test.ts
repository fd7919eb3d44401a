import { describe, expect, test } from "@jest/globals";
import { isRegionName, knownRegions } from "../../lib/model/regions.ts";

describe("a Region name", () => {
  test.each(knownRegions)("may be %s", (region) => {
    expect(isRegionName(region)).toBe(true);
  });

  test("may be unknown", () => {
    expect(isRegionName("xx-north-12")).toBe(true);
  });

  test.each([
    "",
    "all",
    "Ireland",
    "eu-west",
    "eu-west-1a",
    "EU-WEST-1",
    "eu_west_1",
    "eu-west-123",
    "x-eu-west-1-",
    " eu-west-1",
  ])("cannot be %j", (text) => {
    expect(isRegionName(text)).toBe(false);
  });

  test("the list is sorted and has no duplicates", () => {
    expect([...knownRegions]).toEqual([...new Set(knownRegions)].sort());
  });
});
