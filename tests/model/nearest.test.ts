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

  test("differs by at most a third of its length, or two letters if it is short", () => {
    expect(nearest("abcdefxxx", ["abcdefghi"])).toBe("abcdefghi");
    expect(nearest("abcdexxxx", ["abcdefghi"])).toBeNull();
    expect(nearest("axx", ["abc"])).toBe("abc");
    expect(nearest("xxx", ["abc"])).toBeNull();
  });

  test("is null without known names", () => {
    expect(nearest("off", [])).toBeNull();
  });
});

describe("a suggestion", () => {
  test("names the most similar name", () => {
    expect(suggest("of", known)).toBe(' (did you mean "off"?)');
  });

  test("names all if none is similar and they are few", () => {
    expect(suggest("xxxxx", known)).toBe(" (known: rotation-enabled, rotation-on-schedule, off)");
  });

  test("names sixteen, but not seventeen", () => {
    const names = Array.from({ length: 17 }, (_, index) => `a-long-name-${index}`);
    expect(suggest("zz", names.slice(1))).toContain("known: a-long-name-1, ");
    expect(suggest("zz", names)).toBe("");
  });

  test("is empty without known names", () => {
    expect(suggest("off", [])).toBe("");
  });
});
