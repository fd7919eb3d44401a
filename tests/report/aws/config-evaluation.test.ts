import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { combineVerdicts, toEvaluation } from "../../../lib/report/aws/config-evaluation.ts";
import { now } from "../../support/builders.ts";
import { hostile } from "../hostile.ts";

const resource = { resourceType: "AWS::RDS::DBInstance", resourceId: "db-ORDERS", orderingAt: now };
const evaluate = (status: Parameters<typeof toEvaluation>[0]["status"], message: string) =>
  toEvaluation({ ...resource, status, message });

test("an evaluation says why", () =>
  expect(evaluate("NON_COMPLIANT", "DB instance orders has a master password that RDS does not manage.")).toEqual({
    ComplianceResourceType: "AWS::RDS::DBInstance",
    ComplianceResourceId: "db-ORDERS",
    ComplianceType: "NON_COMPLIANT",
    Annotation: "DB instance orders has a master password that RDS does not manage.",
    OrderingTimestamp: new Date(now),
  }));

test.each(["COMPLIANT", "NOT_APPLICABLE"] as const)("%s is told", (status) =>
  expect(evaluate(status, "x")?.ComplianceType).toBe(status),
);

test("INSUFFICIENT_DATA is withheld, because AWS refuses it", () =>
  expect(evaluate("INSUFFICIENT_DATA", "It could not be read.")).toBeNull());

test.each([
  ["a message of 256 characters is whole", "x".repeat(256), "x".repeat(256)],
  ["one of 257 is cut", "x".repeat(257), `${"x".repeat(255)}…`],
  ["one is cut at a word", `${"word ".repeat(60)}`, `${"word ".repeat(51).trim()}…`],
  ["control characters are gone", "a\u001b[31m\r\nb\u0007", "a b\ufffd"],
])("%s", (_, message, annotation) => expect(evaluate("COMPLIANT", message)?.Annotation).toBe(annotation));

test.each(["", "  \n "])("without a message there is no annotation, because AWS refuses an empty one: %j", (message) =>
  expect(evaluate("COMPLIANT", message)).not.toHaveProperty("Annotation"),
);

test("whatever the message, the annotation has 1 to 256 characters", () =>
  fc.assert(
    fc.property(hostile, (message) => {
      const annotation = evaluate("NON_COMPLIANT", message)?.Annotation ?? "left out";
      expect(annotation.length).toBeGreaterThan(0);
      expect(annotation.length).toBeLessThanOrEqual(256);
      expect(annotation).not.toMatch(/\p{Cc}/u);
    }),
  ));

describe("a container and its tenant databases are one resource", () => {
  const wrong = { status: "NON_COMPLIANT", message: "It is wrong." } as const;
  const blind = { status: "INSUFFICIENT_DATA", message: "It could not be read." } as const;
  const right = { status: "COMPLIANT", message: "It is right." } as const;
  const none = { status: "NOT_APPLICABLE", message: "It is not judged." } as const;

  test.each([
    ["wrong before not seen", [right, blind, wrong, none], wrong],
    ["not seen before right", [right, blind, none], blind],
    ["right before not applicable", [none, right], right],
    ["not applicable alone", [none, none], none],
    ["the first of those that are right", [right, { ...right, message: "It is right too." }], right],
  ])("%s", (_, verdicts, worst) => expect(combineVerdicts(verdicts)).toEqual(worst));

  test("of several that are wrong the first speaks, and all are counted", () =>
    expect(combineVerdicts([none, wrong, { ...wrong, message: "It is wrong too." }])).toEqual({
      status: "NON_COMPLIANT",
      message: "2 verdicts, the first: It is wrong.",
    }));

  test("without any verdict nothing was judged", () => expect(combineVerdicts([]).status).toBe("INSUFFICIENT_DATA"));
});
