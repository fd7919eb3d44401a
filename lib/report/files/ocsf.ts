import { parseArn } from "../../model/arn.ts";
import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { type CoverageProblem, coverageRule, describeCoverageProblems } from "../text/coverage-problems.ts";
import { describeRequest } from "../text/describe-request.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter, RuleDescription } from "../text/reporter.ts";
import { toJson } from "./json.ts";
import { outcomeOf, outcomes } from "./outcomes.ts";

/** Source: https://schema.ocsf.io/1.5.0/classes/compliance_finding */
const schemaVersion = "1.5.0";
const severityIds = { critical: 5, high: 4, medium: 3, low: 2 } as const;
const severityNames = { critical: "Critical", high: "High", medium: "Medium", low: "Low" } as const;

/** Renders one OCSF Compliance Finding for each finding, then one for each coverage problem. A JSON array, as Prowler writes it. */
export const renderOcsf: Reporter = (untrusted, { rules }) => {
  const report = makePrintable(untrusted);
  const tags = new Map(report.databases.map((database) => [database.arn, database.tags]));
  const unmapped = { report: Object.fromEntries(describeRequest(report)) };
  return toJson([
    ...report.findings.map((finding) => ({
      ...commonOf(report),
      ...fromFinding(finding, tags.get(finding.resource.arn) ?? {}, rules, report.hasHistory),
      unmapped: { ...unmapped, exemption: finding.exemption, evidence: finding.evidence },
    })),
    ...describeCoverageProblems(report).map((problem) => ({ ...commonOf(report), ...fromProblem(problem), unmapped })),
  ]);
};

function commonOf(report: Report) {
  const { tool, observedAt } = report;
  return {
    activity_id: 1,
    activity_name: "Create",
    category_uid: 2,
    category_name: "Findings",
    class_uid: 2003,
    class_name: "Compliance Finding",
    type_uid: 200301,
    type_name: "Compliance Finding: Create",
    time: Date.parse(observedAt),
    metadata: {
      version: schemaVersion,
      profiles: ["cloud"],
      product: { name: tool.name, uid: tool.name, vendor_name: tool.name, version: tool.version },
    },
  };
}

function fromFinding(
  finding: Finding,
  tags: Readonly<Record<string, string>>,
  rules: readonly RuleDescription[],
  hasHistory: boolean,
) {
  const { id, rule, status, severity, message, remediation, exemption, resource, region } = finding;
  const { statusId, status: result, isSuppressed } = outcomes[outcomeOf(finding)].ocsf;
  const described = rules.find((one) => one.id === rule);
  return {
    severity_id: severityIds[severity],
    severity: severityNames[severity],
    message,
    ...(isSuppressed && {
      status_id: 3,
      status: "Suppressed",
      status_detail: `Exempted by ${exemption?.owner} until ${exemption?.until}: ${exemption?.reason}`,
    }),
    finding_info: {
      uid: id,
      title: described === undefined ? rule : `${described.title}.`,
      desc: message,
      types: ["Software and Configuration Checks"],
      ...(hasHistory && { first_seen_time: Date.parse(finding.firstSeenAt) }),
    },
    compliance: {
      control: rule,
      ...(described !== undefined && { desc: described.rationale }),
      status_id: statusId,
      status: result,
      status_code: status,
      status_detail: message,
    },
    cloud: toCloud(finding, parseArn(resource.arn)?.partition),
    resources: [
      {
        uid: resource.arn,
        uid_alt: resource.resourceId,
        name: resource.identifier,
        type: resource.type,
        region,
        tags: Object.entries(tags).map(([name, value]) => ({ name, value })),
      },
    ],
    ...(remediation !== "" && { remediation: { desc: remediation, references: described?.references ?? [] } }),
  };
}

function fromProblem({ id, account, region, message, remediation, resource }: CoverageProblem) {
  const { statusId, status } = outcomes.notEvaluated.ocsf;
  return {
    severity_id: 0,
    severity: "Unknown",
    message,
    finding_info: {
      uid: id,
      title: "Coverage is incomplete.",
      desc: message,
      types: ["Software and Configuration Checks"],
    },
    compliance: {
      control: coverageRule,
      status_id: statusId,
      status,
      status_code: "INSUFFICIENT_DATA",
      status_detail: message,
    },
    cloud: toCloud({ account, region }),
    ...(resource !== null && { resources: [{ uid: resource, region }] }),
    ...(remediation !== "" && { remediation: { desc: remediation } }),
  };
}

function toCloud({ account, region }: Pick<Finding, "account" | "region">, partition?: string) {
  return {
    provider: "AWS",
    account: { uid: account, type_id: 10, type: "AWS Account" },
    region,
    ...(partition !== undefined && { cloud_partition: partition }),
  };
}
