import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { truncate } from "../../../lib/report/text/truncate.ts";
import { hostile } from "../hostile.ts";

test.each([
  ["of the maximum length", "abcde", 5, "abcde"],
  ["one character too long", "abcdef", 5, "abcd…"],
  ["with a space near the end", "one two three four five", 21, "one two three four…"],
  ["that is cut after a word", "one two three", 8, "one two…"],
  ["without a space near the end", `a ${"b".repeat(30)}`, 20, `a ${"b".repeat(17)}…`],
  ["cut inside a surrogate pair", "abc😀def", 5, "abc…"],
  ["cut after a surrogate pair", "abc😀def", 6, "abc😀…"],
  ["that is empty", "", 5, ""],
  ["with a maximum of one character", "abc", 1, "…"],
  ["with an unpaired surrogate", "a\ud83d", 5, "a\ufffd"],
])("truncates a text %s", (_, text, max, expected) => expect(truncate(text, max)).toBe(expected));

test("any text fits and is well-formed", () =>
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 300 }), (text, max) => {
      const short = truncate(text, max);
      expect(short.length).toBeLessThanOrEqual(max);
      expect(short.isWellFormed()).toBe(true);
    }),
  ));
