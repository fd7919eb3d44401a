import { expect, test } from "@jest/globals";
import { pad, paragraph } from "../../../lib/report/terminal/paragraph.ts";

const command = "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --apply-immediately";

test("lines hang under the text of the first one", () =>
  expect(paragraph("one two three four five six", { width: 26, first: "  → " })).toBe(
    "  → one two three four\n    five six",
  ));

test("a command that fits on a line is not broken", () =>
  expect(paragraph(`Then turn management on: ${command}`, { width: 104, first: "  " }).split("\n")[1]).toBe(
    `  ${command}`,
  ));

test("a command that fits on no line is continued as a shell wants it", () => {
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

test("what follows a broken command is not copied with it", () =>
  expect(paragraph(`Rotate: ${command}. Then look.`, { width: 60 }).split("\n").slice(2)).toEqual([
    "  --db-instance-identifier orders --apply-immediately",
    "Then look.",
  ]));

test("two commands in brackets are two commands", () =>
  expect(
    paragraph(`(aws kms cancel-key-deletion, aws kms enable-key --key-id ${"k".repeat(30)}), then rotate`, {
      width: 50,
    }),
  ).toBe(`(aws kms cancel-key-deletion\naws kms enable-key \\\n  --key-id ${"k".repeat(30)}), then\nrotate`));

test("a word that is longer than the line stays whole", () => {
  const arn = `arn:aws:rds:eu-west-1:123456789012:cluster:${"x".repeat(60)}`;
  expect(paragraph(`It is ${arn}, see there`, { width: 40 })).toContain(arn);
});

test("wide characters count as two columns", () => expect(pad("データ", 8)).toBe("データ  "));
