import { expect, test } from "@jest/globals";
import { toPrintable } from "../../../lib/report/text/printable.ts";

test.each([
  ["orders", "orders"],
  ["a\tb\r\nc", "a b c"],
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b", "\u{fffd}"],
  ["bell\u0007", "bell\u{fffd}"],
  ["a\u061cb", "a\u{fffd}b"],
  ["データ", "データ"],
])("prints %j as %j", (text, printed) => expect(toPrintable(text)).toBe(printed));
