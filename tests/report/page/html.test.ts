import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { html, toText } from "../../../lib/report/page/html.ts";
import { hostile } from "../hostile.ts";

test.each([
  ["a text", "orders", "orders"],
  ["the five characters", `<a href="x" id='y'>&`, "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;"],
  ["an escaped character", "&lt;", "&amp;lt;"],
  ["a number", 7, "7"],
  ["nothing", null, ""],
  ["HTML", html`<b>${"<"}</b>`, "<b>&lt;</b>"],
  ["a list of both", ["<", html`<br>`, [1, null]], "&lt;<br>1"],
])("inserts %s", (_, value, expected) => expect(toText(html`<p>${value}</p>`)).toBe(`<p>${expected}</p>`));

test("does not accept data that imitates Html", () => {
  const parsed = JSON.parse('{"markup":"<script>","toString":"<script>"}');
  expect(toText(html`${parsed}`)).not.toContain("<script>");
});

test("no text ends an element or an attribute", () =>
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = toText(html`${text}`);
      expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
    }),
  ));
