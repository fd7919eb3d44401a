import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { combineVerdicts, toEvaluation } from "../../../lib/report/aws/config-evaluation.ts";
import { now } from "../../support/builders.ts";
import { hostile } from "../hostile.ts";

const resource = { resourceType: "AWS::RDS::DBInstance", resourceId: "db-ORDERS", orderingAt: now };
const evaluate = (status: Parameters<typeof toEvaluation>[0]["status"], message: string) =>
  toEvaluation({ ...resource, status, message });

test("carries the message as annotation", () =>
  expect(evaluate("NON_COMPLIANT", "RDS does not manage the master password of DB instance orders.")).toEqual({
    ComplianceResourceType: "AWS::RDS::DBInstance",
    ComplianceResourceId: "db-ORDERS",
    ComplianceType: "NON_COMPLIANT",
    Annotation: "RDS does not manage the master password of DB instance orders.",
    OrderingTimestamp: new Date(now),
  }));

test.each(["COMPLIANT", "NOT_APPLICABLE"] as const)("sends %s", (status) =>
  expect(evaluate(status, "x")?.ComplianceType).toBe(status),
);

test("withholds INSUFFICIENT_DATA, which AWS rejects", () =>
  expect(evaluate("INSUFFICIENT_DATA", "It could not be read.")).toBeNull());

test.each([
  ["keeps a message of 256 characters", "x".repeat(256), "x".repeat(256)],
  ["truncates one of 257", "x".repeat(257), `${"x".repeat(255)}…`],
  ["truncates at a word", `${"word ".repeat(60)}`, `${"word ".repeat(51).trim()}…`],
  ["removes control characters", "a\u001b[31m\r\nb\u0007", "a b\ufffd"],
])("%s", (_, message, annotation) => expect(evaluate("COMPLIANT", message)?.Annotation).toBe(annotation));

test.each(["", "  \n "])("omits an empty annotation, which AWS rejects: %j", (message) =>
  expect(evaluate("COMPLIANT", message)).not.toHaveProperty("Annotation"),
);

test("any annotation has 1 to 256 characters", () =>
  fc.assert(
    fc.property(hostile, (message) => {
      const annotation = evaluate("NON_COMPLIANT", message)?.Annotation ?? "left out";
      expect(annotation.length).toBeGreaterThan(0);
      expect(annotation.length).toBeLessThanOrEqual(256);
      expect(annotation).not.toMatch(/\p{Cc}/u);
    }),
  ));

describe("combining the verdicts on a container and its tenant databases", () => {
  const violation = { status: "NON_COMPLIANT", message: "It is a violation." } as const;
  const notEvaluated = { status: "INSUFFICIENT_DATA", message: "It could not be read." } as const;
  const compliant = { status: "COMPLIANT", message: "It is compliant." } as const;
  const notApplicable = { status: "NOT_APPLICABLE", message: "It does not apply." } as const;

  test.each([
    ["NON_COMPLIANT before INSUFFICIENT_DATA", [compliant, notEvaluated, violation, notApplicable], violation],
    ["INSUFFICIENT_DATA before COMPLIANT", [compliant, notEvaluated, notApplicable], notEvaluated],
    ["COMPLIANT before NOT_APPLICABLE", [notApplicable, compliant], compliant],
    ["NOT_APPLICABLE alone", [notApplicable, notApplicable], notApplicable],
    [
      "the first of several that are COMPLIANT",
      [compliant, { ...compliant, message: "It is compliant too." }],
      compliant,
    ],
  ])("%s", (_, verdicts, worst) => expect(combineVerdicts(verdicts)).toEqual(worst));

  test("uses the first message of several violations and counts them", () =>
    expect(combineVerdicts([notApplicable, violation, { ...violation, message: "It is a violation too." }])).toEqual({
      status: "NON_COMPLIANT",
      message: "First of 2 findings: It is a violation.",
    }));

  test("returns INSUFFICIENT_DATA without any verdict", () =>
    expect(combineVerdicts([]).status).toBe("INSUFFICIENT_DATA"));
});
