import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { splitCommands } from "../../../lib/report/text/commands.ts";
import { hostile } from "../hostile.ts";

const rotate = "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --apply-immediately";

test.each([
  ["nothing", "", []],
  ["no command", "Audit again.", [["prose", "Audit again."]]],
  [
    "a command at the end",
    `Then rotate: ${rotate}`,
    [
      ["prose", "Then rotate: "],
      ["command", rotate],
    ],
  ],
  [
    "a sentence after it",
    `Rotate: ${rotate}. Where that is refused, ask.`,
    [
      ["prose", "Rotate: "],
      ["command", rotate],
      ["prose", "Where that is refused, ask."],
    ],
  ],
  [
    "commands mentioned in passing",
    "Make it usable (aws kms cancel-key-deletion, aws kms enable-key --key-id k), then rotate.",
    [
      ["prose", "Make it usable ("],
      ["mention", "aws kms cancel-key-deletion"],
      ["prose", ", "],
      ["mention", "aws kms enable-key --key-id k"],
      ["prose", "), then rotate."],
    ],
  ],
] as const)("splits a sentence with %s", (_, sentence, pieces) =>
  expect(splitCommands(sentence).map(({ kind, text }) => [kind, text])).toEqual(pieces),
);

test("every piece is a part of the sentence", () =>
  fc.assert(
    fc.property(hostile, (text) => {
      for (const piece of splitCommands(text)) expect(text).toContain(piece.text);
    }),
  ));
