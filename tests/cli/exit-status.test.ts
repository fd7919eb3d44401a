import { expect, test } from "@jest/globals";
import { auditStatus, type FailOn } from "../../cli/exit-status.ts";
import type { Finding, Severity } from "../../lib/model/finding.ts";
import { aReport, aTargetOf } from "../report/sample-reports.ts";
import { anInventory } from "../support/builders.ts";

const [finding] = aReport(anInventory({ targets: [aTargetOf(1)] })).findings;
const exemption = { owner: "a", reason: "b", until: "2027-01-01", source: "policy" } as const;

function found(severity: Severity, overrides: Partial<Finding> = {}): Finding {
  return { ...(finding as Finding), severity, ...overrides };
}

test.each<[name: string, findings: Finding[], isComplete: boolean, failOn: FailOn, status: number]>([
  ["no finding, complete coverage", [], true, "low", 0],
  ["no finding, incomplete coverage", [], false, "low", 3],
  ["at the threshold", [found("high")], true, "high", 1],
  ["above the threshold", [found("critical")], true, "high", 1],
  ["below the threshold", [found("medium")], true, "high", 0],
  ["below the threshold, incomplete coverage", [found("medium")], false, "high", 3],
  ["the most severe finding decides", [found("low"), found("critical")], true, "critical", 1],
  ["at the lowest threshold", [found("low")], true, "low", 1],
  ["a finding outweighs incomplete coverage", [found("low")], false, "low", 1],
  ["never", [found("critical")], true, "never", 0],
  ["never, incomplete coverage", [found("critical")], false, "never", 3],
  ["exempt", [found("critical", { exemption })], true, "low", 0],
  ["an ended exemption", [found("critical", { endedExemption: exemption })], true, "low", 1],
  ["INSUFFICIENT_DATA is not a finding", [found("critical", { status: "INSUFFICIENT_DATA" })], false, "low", 3],
])("%s", (_, findings, isComplete, failOn, status) =>
  expect(auditStatus({ findings, coverage: { complete: isComplete } }, failOn)).toBe(status),
);
