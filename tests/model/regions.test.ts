import { describe, expect, test } from "@jest/globals";
import { isRegionName, knownRegions } from "../../lib/model/regions.ts";

describe("the name of a Region", () => {
  test.each(knownRegions)("%s is one", (region) => {
    expect(isRegionName(region)).toBe(true);
  });

  test("so is one that is not known yet", () => {
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
  ])("%j is none", (text) => {
    expect(isRegionName(text)).toBe(false);
  });

  test("the list has no Region twice, and is in order", () => {
    expect([...knownRegions]).toEqual([...new Set(knownRegions)].sort());
  });
});
