import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { toSlackCode, toSlackText } from "../../../lib/report/chat/slack-text.ts";
import { hostile } from "../hostile.ts";

test.each([
  ["a name", "orders-db_1", "orders-db_1"],
  ["an ARN", "arn:aws:rds:eu-west-1:123456789012:db:orders", "arn:aws:rds:eu-west-1:123456789012:db:orders"],
  ["an e-mail address", "team.a+b@example.com", "team.a+b@example.com"],
  ["Slack's control characters", "a<b>&c", "a&lt;b&gt;&amp;c"],
  ["an escaped character", "&lt;", "&amp;lt;"],
  ["mentions of everyone", "<!channel> @here", "&lt;!channel&gt; ＠here"],
  ["a Slack link", "<https://evil.example|Report>", "&lt;https:// evil.example|Report&gt;"],
  ["a Teams link", "[Report](https://evil.example)", "[Report] (https:// evil.example)"],
  ["code", "a`b```c", "a'b'''c"],
  ["bold, italics, struck", "*a* _b_ ~c~", "∗a∗ ˍbˍ ∼c∼"],
  ["line breaks", "a\r\n> b\u2028c", "a &gt; b c"],
  ["control characters", "a\u001b[31mb\u0007\u202e", "ab\ufffd\ufffd"],
])("%s", (_, text, expected) => expect(toSlackText(text, 200)).toBe(expected));

test.each([
  ["fits with its escapes", "a<b", 6, "a&lt;b"],
  ["is cut before an escape, never inside", "abc<def", 7, "abc…"],
  ["is cut after an escape", "a<b<c", 7, "a&lt;b…"],
  ["is cut before a surrogate pair", "ab&😀😀", 9, "ab&amp;…"],
])("a text that %s", (_, text, max, expected) => expect(toSlackText(text, max)).toBe(expected));

test("any text becomes one line without markup that fits", () =>
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 300 }), (text, max) => {
      const safe = toSlackText(text, max);
      expect(safe.length).toBeLessThanOrEqual(max);
      expect(safe.isWellFormed()).toBe(true);
      expect(safe).not.toMatch(/[<>`*~\p{Cc}]|&(?!(amp|lt|gt);)|:\/\/(?! |$|…)|\]\(/u);
    }),
  ));

test("no text ends the code it is in", () =>
  fc.assert(fc.property(hostile, (text) => expect(toSlackCode(text)).not.toMatch(/[<>`\p{Cc}]|&(?!(amp|lt|gt);)/u))));
