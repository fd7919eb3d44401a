import { v5 as uuidOf } from "uuid";
import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { type CoverageProblem, coverageRule, describeCoverageProblems } from "../text/coverage-problems.ts";
import { describeRequest } from "../text/describe-request.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter, RuleDescription } from "../text/reporter.ts";
import { describeScope } from "../text/scopes.ts";
import { describeVerdict } from "../text/verdict.ts";
import { toJson } from "./json.ts";
import { type FindingOutcome, outcomeOf, outcomes } from "./outcomes.ts";

/** Source: https://pages.nist.gov/OSCAL-Reference/models/v1.2.1/assessment-results/json-outline/ */
const oscalVersion = "1.2.1";

/** The namespace of the UUIDs, which depend on the report alone: the same report has the same ones. */
const namespace = "4f0c7b86-5a1e-4b52-9d0a-6f4c3f1f7a10";
const propertyNamespace = "urn:rds-password-audit";

/**
 * Renders OSCAL assessment results: each rule is a control objective, each finding an observation, a risk and an unsatisfied objective. A
 * rule without findings is not in the results, because a report does not say to how many databases it applies.
 */
export const renderOscal: Reporter = (untrusted, { rules }) => {
  const report = makePrintable(untrusted);
  const toId = (name: string) => uuidOf(`${report.generatedAt} ${name}`.toWellFormed(), namespace);
  const { word, sentence } = describeVerdict(report);
  const entries = [
    ...report.findings.map((finding) => fromFinding(finding, rules)),
    ...describeCoverageProblems(report).map(fromProblem),
  ];
  const databases = [...new Map(entries.map((entry) => [entry.subject.name, entry.subject])).values()];
  return toJson({
    "assessment-results": {
      uuid: toId("results"),
      metadata: {
        title: "Audit of RDS and Aurora master passwords",
        "last-modified": report.generatedAt,
        version: report.generatedAt,
        "oscal-version": oscalVersion,
        props: toProps({ tool: report.tool.name, "tool-version": report.tool.version, verdict: word }),
      },
      "import-ap": { href: `#${toId("plan")}` },
      results: [
        {
          uuid: toId("result"),
          title: `Audit of ${report.observedAt}`,
          description: toText(`${word}. ${sentence}`),
          remarks: describeRequest(report)
            .map(([name, value]) => toText(`${name}: ${value}`))
            .join("\n\n"),
          start: report.observedAt,
          end: report.generatedAt,
          "reviewed-controls": {
            "control-selections": [
              report.coverage.rules.length === 0
                ? { description: "No rule was evaluated." }
                : { "include-controls": report.coverage.rules.map((id) => ({ "control-id": toToken(id) })) },
            ],
          },
          ...(databases.length > 0 && {
            "local-definitions": {
              "inventory-items": databases.map(({ name, props }) => ({
                uuid: toId(`subject ${name}`),
                description: toText(name),
                props: toProps(props),
              })),
            },
            observations: entries.map((entry) => toObservation(entry, report, toId)),
            risks: entries.map((entry) => toRisk(entry, toId)),
            findings: entries.map((entry) => toFinding(entry, toId)),
          }),
        },
      ],
      "back-matter": {
        resources: [
          {
            uuid: toId("plan"),
            title: "Assessment plan",
            description: `There is no separate plan: ${report.tool.name} evaluates its rules on every database of the audited accounts and Regions.`,
          },
        ],
      },
    },
  });
};

/** A finding or a coverage problem, in the words that both have. */
type Entry = {
  readonly id: string;
  readonly rule: string;
  readonly title: string;
  readonly outcome: FindingOutcome;
  readonly message: string;
  readonly remediation: string;
  readonly remarks: string;
  readonly subject: { readonly name: string; readonly props: Readonly<Record<string, string>> };
  readonly props: Readonly<Record<string, string>>;
};

function fromFinding(finding: Finding, rules: readonly RuleDescription[]): Entry {
  const { id, rule, status, severity, message, remediation, exemption, resource, account, region } = finding;
  const { arn, type, identifier, resourceId } = resource;
  return {
    ...{ id, rule, message, remediation, outcome: outcomeOf(finding) },
    title: rules.find((one) => one.id === rule)?.title ?? rule,
    remarks: exemption === null ? "" : `Exempted by ${exemption.owner} until ${exemption.until}: ${exemption.reason}`,
    subject: {
      name: arn,
      props: { "asset-id": arn, type, identifier, "resource-id": resourceId, account, region },
    },
    props: { status, severity },
  };
}

function fromProblem(problem: CoverageProblem): Entry {
  const { id, account, region, message, remediation, resource } = problem;
  return {
    ...{
      id,
      message,
      remediation,
      rule: coverageRule,
      outcome: "notEvaluated",
      title: "Coverage is incomplete",
      remarks: "",
    },
    subject: { name: resource ?? describeScope(problem), props: { account, region } },
    props: { status: "INSUFFICIENT_DATA" },
  };
}

type ToId = (name: string) => string;

function toObservation({ id, message, subject, props }: Entry, { observedAt }: Report, toId: ToId) {
  return {
    uuid: toId(`observation ${id}`),
    description: toText(message),
    props: toProps(props),
    methods: ["TEST"],
    types: ["finding"],
    [observedList]: [
      { "subject-uuid": toId(`subject ${subject.name}`), type: "inventory-item", title: toText(subject.name) },
    ],
    collected: observedAt,
  };
}

function toRisk({ id, title, message, remediation, remarks, outcome, props }: Entry, toId: ToId) {
  return {
    uuid: toId(`risk ${id}`),
    title: toText(`Not ensured: ${title}`),
    description: toText(message),
    statement: toText(remarks === "" ? message : `${message} ${remarks}`),
    props: toProps(props),
    status: outcomes[outcome].oscal.risk,
    ...(remediation !== "" && {
      remediations: [
        {
          uuid: toId(`remediation ${id}`),
          lifecycle: "recommendation",
          title: "What to do",
          description: toText(remediation),
        },
      ],
    }),
    "related-observations": [{ "observation-uuid": toId(`observation ${id}`) }],
  };
}

function toFinding({ id, rule, title, message, remarks, outcome, props }: Entry, toId: ToId) {
  const { state, reason } = outcomes[outcome].oscal;
  return {
    uuid: toId(`finding ${id}`),
    title: toText(title),
    description: toText(message),
    props: toProps(props),
    target: {
      type: "objective-id",
      "target-id": toToken(rule),
      status: { state, reason, ...(remarks !== "" && { remarks: toText(remarks) }) },
    },
    "related-observations": [{ "observation-uuid": toId(`observation ${id}`) }],
    "related-risks": [{ "risk-uuid": toId(`risk ${id}`) }],
  };
}

/** Properties in this tool's namespace; OSCAL does not allow empty values. */
function toProps(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([name, value]) => ({ name, ns: propertyNamespace, value: toText(value) }));
}

/** OSCAL's name of the list of what was observed. */
const observedList = "subjects";

/** Text that OSCAL accepts: not empty, no space at the ends. */
function toText(text: string): string {
  return text.toWellFormed().trim() || "unknown";
}

/** A token of OSCAL: a letter, then letters, digits, and `.-_`. */
function toToken(text: string): string {
  const token = text.replaceAll(/[^\p{L}\p{N}.\-_]/gu, "_");
  return /^[\p{L}_]/u.test(token) ? token : `_${token}`;
}
