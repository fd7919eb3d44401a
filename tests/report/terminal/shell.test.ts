import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toCommandLines } from "../../../lib/report/terminal/shell.ts";

/** Joins continued lines as a shell does. */
const join = (lines: readonly string[]) => lines.join("\n").replaceAll(/ \\\n +/g, " ");

describe("a command on several lines", () => {
  test("stays on one line if it fits", () => {
    expect(toCommandLines("aws kms enable-key", 18)).toEqual(["aws kms enable-key"]);
    expect(toCommandLines("aws kms enable-key", 17)).toEqual(["aws kms \\", "  enable-key"]);
  });

  test("keeps an option with its value if both fit, and no line is too long", () =>
    expect(toCommandLines(`aws kms enable-key --region eu-west-1 --key-id ${"k".repeat(50)}`, 41)).toEqual([
      "aws kms enable-key --region eu-west-1 \\",
      "  --key-id \\",
      `  ${"k".repeat(50)}`,
    ]));

  test.each([
    ["single quotes", "aws a b --query 'a || b  c' --x", ["aws a b \\", "  --query \\", "  'a || b  c' \\", "  --x"]],
    ["single quotes with a backslash", "aws aa bb 'c \\' d e", ["aws aa bb \\", "  'c \\' d e"]],
    ["double quotes", 'aws aa bb "c \\" d e" f', ["aws aa bb \\", '  "c \\" d e" \\', "  f"]],
    ["quotes in quotes", `aws aa bb "it's c d" e`, ["aws aa bb \\", `  "it's c d" \\`, "  e"]],
    ["escaped spaces", "aws aa bb c\\ d\\ e\\ f", ["aws aa bb \\", "  c\\ d\\ e\\ f"]],
    ["unclosed quotes", "aws aa bb 'c d e f g", ["aws aa bb \\", "  'c d e f g"]],
  ])("never breaks inside %s", (_, command, lines) => expect(toCommandLines(command, 15)).toEqual(lines));

  test("breaks inside a command substitution", () =>
    expect(toCommandLines(`aws a b --password "$(aws c d --without 'x y')" --z`, 24)).toEqual([
      "aws a b \\",
      '  --password "$(aws c \\',
      `  d --without 'x y')" \\`,
      "  --z",
    ]));

  test("a shell reads the same command from the lines", () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("aws", "--a", "'b c'", '"d $(e f) g"', "h", "x".repeat(30), "$(i j)"), {
          minLength: 1,
        }),
        fc.integer({ min: 10, max: 60 }),
        (words, columns) => expect(join(toCommandLines(words.join(" "), columns))).toBe(words.join(" ")),
      ),
    ));
});
