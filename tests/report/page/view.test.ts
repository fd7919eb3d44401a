import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  countValues,
  filterRows,
  formatViews,
  initialView,
  parseView,
  sortRows,
  toSearchText,
} from "../../../lib/report/page/browser/view.ts";

const rows = [
  { database: "orders-10", severity: "high", findings: 2 },
  { database: "orders-9", severity: "critical", findings: 10 },
  { database: "Payments", severity: "high", findings: 1 },
];
const texts = rows.map(toSearchText);
const ranks = { severity: ["critical", "high"] };
const names = (found: readonly { database: string }[]) => found.map(({ database }) => database);

describe("the view in the URL", () => {
  test("what is stored is read again", () =>
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ minLength: 1 }),
        fc.boolean(),
        fc.nat({ max: 99_999 }),
        (words, severity, descending, page) => {
          const view = { words, values: { severity }, sort: "database", descending, page };
          expect(parseView(formatViews({ findings: view, databases: initialView }), "findings")).toEqual(view);
        },
      ),
    ));

  test("a table does not read the view of another one", () => {
    expect(parseView("#databases.q=orders", "findings")).toEqual(initialView);
  });

  test.each(["", "#findings", "#findings.page=0", "#findings.page=-1", "#findings.page=x", "#%E0%A4%A"])(
    "%p is the initial view",
    (hash) => {
      expect(parseView(hash, "findings")).toEqual(initialView);
    },
  );

  test("an initial view leaves nothing in the URL", () => {
    expect(formatViews({ findings: initialView })).toBe("");
  });
});

describe("rows", () => {
  test.each([
    ["ORDERS", ["orders-10", "orders-9"]],
    ["9 orders", ["orders-9"]],
    ["  ", ["orders-10", "orders-9", "Payments"]],
    ["absent", []],
  ])("with the words %p", (words, expected) => {
    expect(names(filterRows(rows, texts, { words, values: {} }))).toEqual(expected);
  });

  test("with a value of a field", () => {
    expect(names(filterRows(rows, texts, { words: "", values: { severity: "high" } }))).toEqual([
      "orders-10",
      "Payments",
    ]);
  });

  test("a menu offers the values that the other filters leave, with their numbers", () => {
    const left = filterRows(rows, texts, { words: "orders", values: { severity: "high" } }, "severity");
    expect(countValues(left, "severity", ranks)).toEqual([
      ["critical", 1],
      ["high", 1],
    ]);
  });

  test.each([
    ["database", false, ["orders-9", "orders-10", "Payments"]],
    ["database", true, ["Payments", "orders-10", "orders-9"]],
    ["severity", false, ["orders-9", "orders-10", "Payments"]],
    ["findings", true, ["orders-9", "orders-10", "Payments"]],
    ["", false, ["orders-10", "orders-9", "Payments"]],
  ])("sorted by %p, descending: %p", (sort, descending, expected) => {
    expect(names(sortRows(rows, { sort, descending }, ranks))).toEqual(expected);
  });
});
