import { expect, test } from "@jest/globals";
import { pad, paragraph } from "../../../lib/report/terminal/paragraph.ts";

const command = "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --apply-immediately";

test("indents further lines to the text of the first", () =>
  expect(paragraph("one two three four five six", { width: 26, first: "  → " })).toBe(
    "  → one two three four\n    five six",
  ));

test("keeps a command that fits on one line", () =>
  expect(paragraph(`Then turn management on: ${command}`, { width: 104, first: "  " }).split("\n")[1]).toBe(
    `  ${command}`,
  ));

test("continues a longer command with backslashes", () => {
  const lines = paragraph(`Then turn it on: ${command}`, { width: 60 }).split("\n");
  expect(lines).toEqual([
    "Then turn it on:",
    "aws rds modify-db-instance --region eu-west-1 \\",
    "  --db-instance-identifier orders --apply-immediately",
  ]);
  expect(
    lines
      .slice(1)
      .join("\n")
      .replaceAll(/ *\\\n */g, " "),
  ).toBe(command);
});

test("starts a new line after a continued command", () =>
  expect(paragraph(`Rotate: ${command}. Then look.`, { width: 60 }).split("\n").slice(2)).toEqual([
    "  --db-instance-identifier orders --apply-immediately",
    "Then look.",
  ]));

test("separates two commands in parentheses", () =>
  expect(
    paragraph(`(aws kms cancel-key-deletion, aws kms enable-key --key-id ${"k".repeat(30)}), then rotate`, {
      width: 50,
    }),
  ).toBe(`(aws kms cancel-key-deletion\naws kms enable-key \\\n  --key-id ${"k".repeat(30)}), then\nrotate`));

test("keeps a word that is longer than the line", () => {
  const arn = `arn:aws:rds:eu-west-1:123456789012:cluster:${"x".repeat(60)}`;
  expect(paragraph(`It is ${arn}, see there`, { width: 40 })).toContain(arn);
});

test("counts wide characters as two columns", () => expect(pad("データ", 8)).toBe("データ  "));
