import { describe, expect, test } from "@jest/globals";
import { nearest, suggest } from "../../lib/model/nearest.ts";

const known = ["rotation-enabled", "rotation-on-schedule", "off"];

describe("the name that was probably meant", () => {
  test.each([
    ["rotation-enabld", "rotation-enabled"],
    ["of", "off"],
    ["on-schedule", null],
    ["xxxxx", null],
  ])("%s: %s", (name, meant) => {
    expect(nearest(name, known)).toBe(meant);
  });

  test("is near to a third of its length, and to two letters where it is short", () => {
    expect(nearest("abcdefxxx", ["abcdefghi"])).toBe("abcdefghi");
    expect(nearest("abcdexxxx", ["abcdefghi"])).toBeNull();
    expect(nearest("axx", ["abc"])).toBe("abc");
    expect(nearest("xxx", ["abc"])).toBeNull();
  });

  test("is nobody's where nothing is known", () => {
    expect(nearest("off", [])).toBeNull();
  });
});

describe("a suggestion", () => {
  test("names the nearest", () => {
    expect(suggest("of", known)).toBe(' (did you mean "off"?)');
  });

  test("names all where none is near and they are few", () => {
    expect(suggest("xxxxx", known)).toBe(" (known: rotation-enabled, rotation-on-schedule, off)");
  });

  test("names sixteen, and not seventeen", () => {
    const names = Array.from({ length: 17 }, (_, index) => `a-long-name-${index}`);
    expect(suggest("zz", names.slice(1))).toContain("known: a-long-name-1, ");
    expect(suggest("zz", names)).toBe("");
  });

  test("is nothing where nothing is known", () => {
    expect(suggest("off", [])).toBe("");
  });
});
