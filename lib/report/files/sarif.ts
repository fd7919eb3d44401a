import { createHash } from "node:crypto";
import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { type CoverageProblem, coverageRule, describeCoverageProblems } from "../text/coverage-problems.ts";
import { describeRequest } from "../text/describe-request.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter, RuleDescription } from "../text/reporter.ts";
import { toJson } from "./json.ts";
import { outcomeOf, outcomes } from "./outcomes.ts";

const levels = { critical: "error", high: "error", medium: "warning", low: "note" } as const;

/** GitHub shows 9.0 and above as critical, 7.0 as high, 4.0 as medium. Source: https://docs.github.com/en/code-security/code-scanning */
const scores = { critical: "9.5", high: "8.0", medium: "5.5", low: "3.0" } as const;

/** The rule to which gaps are assigned. */
const coverage: RuleDescription = {
  id: coverageRule,
  title: "Everything that the audit expects can be read",
  severity: "medium",
  rationale: "What could not be read was not judged. A report with gaps is not clean.",
  references: ["https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"],
};

/** Renders SARIF 2.1.0 that GitHub code scanning accepts: each result has a location with a region, although a database has no file. */
export const renderSarif: Reporter = (untrusted, { rules }) => {
  const report = makePrintable(untrusted);
  const problems = describeCoverageProblems(report);
  const described = describeRules(report, rules, problems.length > 0);
  const indexOf = new Map(described.map(({ id }, index) => [id, index]));
  return toJson({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: report.tool.name,
            semanticVersion: report.tool.version,
            informationUri: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
            rules: described,
          },
        },
        automationDetails: { id: `${report.tool.name}/` },
        invocations: [toInvocation(report, problems)],
        columnKind: "utf16CodeUnits",
        results: [
          ...report.findings.map((finding) => ({
            ...toResult(finding),
            ...(report.hasHistory && { provenance: { firstDetectionTimeUtc: finding.firstSeenAt } }),
            ruleIndex: indexOf.get(finding.rule),
          })),
          ...problems.map((problem) => ({ ...toProblemResult(problem), ruleIndex: indexOf.get(coverageRule) })),
        ],
      },
    ],
  });
};

/** The rules that were evaluated and those of the findings, with the severity that the policy gives them. */
function describeRules({ coverage: { rules }, findings }: Report, known: readonly RuleDescription[], hasGaps: boolean) {
  const severities = new Map(findings.map(({ rule, severity }) => [rule, severity]));
  const ids = [...new Set([...rules, ...severities.keys()])];
  const descriptions = ids.map((id): RuleDescription => {
    const rule = known.find((one) => one.id === id) ?? { ...coverage, id, title: id, rationale: id };
    return { ...rule, severity: severities.get(id) ?? rule.severity };
  });
  return [...descriptions, ...(hasGaps ? [coverage] : [])].map(toDescriptor);
}

function toDescriptor({ id, title, severity, rationale, references }: RuleDescription) {
  return {
    id,
    name: id.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${title}.` },
    fullDescription: { text: rationale },
    help: {
      text: [rationale, ...references].join("\n"),
      markdown: [rationale, "", ...references.map((url) => `- <${url}>`)].join("\n"),
    },
    helpUri: references[0],
    defaultConfiguration: { level: levels[severity] },
    properties: { tags: ["security", "compliance"], precision: "very-high", "security-severity": scores[severity] },
  };
}

function toInvocation(report: Report, problems: readonly CoverageProblem[]) {
  const { observedAt, generatedAt, coverage, request } = report;
  return {
    ...(request !== null && {
      commandLine: `${report.tool.name} ${request.command}`,
      account: request.callers.join(", "),
    }),
    executionSuccessful: coverage.complete,
    startTimeUtc: observedAt,
    endTimeUtc: generatedAt,
    toolExecutionNotifications: problems.map(({ message }) => ({ level: "error", message: { text: message } })),
    properties: Object.fromEntries(describeRequest(report)),
  };
}

function toResult(finding: Finding) {
  const { id, rule, status, severity, account, region, resource, message, remediation, exemption } = finding;
  const { kind, suppressed } = outcomes[outcomeOf(finding)].sarif;
  return {
    ruleId: rule,
    kind,
    // The specification allows no other level than none if the kind is not fail.
    level: kind === "fail" ? levels[severity] : "none",
    message: { text: [message, remediation].filter((text) => text !== "").join(" ") || rule },
    locations: [toLocation([account, region, resource.identifier], resource.arn)],
    partialFingerprints: toFingerprints(id),
    ...(suppressed && {
      suppressions: [
        {
          kind: "external",
          status: "accepted",
          justification: `${exemption?.owner}, until ${exemption?.until}: ${exemption?.reason}`,
        },
      ],
    }),
    properties: { status, severity, account, region, resourceId: resource.resourceId },
  };
}

function toProblemResult({ id, account, region, resource, message, remediation }: CoverageProblem) {
  return {
    ruleId: coverageRule,
    kind: outcomes.notEvaluated.sarif.kind,
    level: "none",
    message: { text: [message, remediation].filter((text) => text !== "").join(" ") },
    locations: [toLocation([account, region], resource ?? ([account, region].join(" ").trim() || "everything"))],
    partialFingerprints: toFingerprints(id),
    properties: { status: "INSUFFICIENT_DATA", account, region },
  };
}

/** GitHub needs a file and a line: the path names the database, and is the same in every report. */
function toLocation(path: readonly string[], name: string) {
  const uri = path.map((part) => encodeURIComponent(part.toWellFormed())).filter((part) => part !== "");
  return {
    physicalLocation: {
      artifactLocation: { uri: uri.join("/") || "everything" },
      region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 },
    },
    logicalLocations: [{ fullyQualifiedName: name, kind: "resource" }],
  };
}

function toFingerprints(id: string) {
  const hash = createHash("sha256").update(id).digest("hex");
  return { primaryLocationLineHash: `${hash.slice(0, 16)}:1`, "findingId/v1": hash };
}
