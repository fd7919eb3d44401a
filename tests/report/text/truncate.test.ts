import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { truncate } from "../../../lib/report/text/truncate.ts";
import { hostile } from "../hostile.ts";

test.each([
  ["as long as allowed", "abcde", 5, "abcde"],
  ["one too long", "abcdef", 5, "abcd…"],
  ["with a space near the end", "one two three four five", 21, "one two three four…"],
  ["cut where a word ends", "one two three", 8, "one two…"],
  ["without a space near the end", `a ${"b".repeat(30)}`, 20, `a ${"b".repeat(17)}…`],
  ["cut within a surrogate pair", "abc😀def", 5, "abc…"],
  ["cut behind a surrogate pair", "abc😀def", 6, "abc😀…"],
  ["of nothing", "", 5, ""],
  ["of a single allowed character", "abc", 1, "…"],
  ["with half a surrogate pair", "a\ud83d", 5, "a\ufffd"],
])("a text %s", (_, text, max, expected) => expect(truncate(text, max)).toBe(expected));

test("whatever the text, it fits, and is a text", () =>
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 300 }), (text, max) => {
      const short = truncate(text, max);
      expect(short.length).toBeLessThanOrEqual(max);
      expect(short.isWellFormed()).toBe(true);
    }),
  ));
