import fc from "fast-check";
import { createAccount } from "../../../lib/aws/create-account.ts";
import type { Finding } from "../../../lib/model/finding.ts";
import { type Report, reportSchema } from "../../../lib/model/report.ts";
import { runCli } from "../../cli/run-cli.ts";
import { aGap, anInventory, aTarget, now } from "../../support/builders.ts";
import { aFindingOn, anExemption } from "../../support/findings.ts";
import { hostile, hostileFinding } from "../hostile.ts";
import { anIncompleteInventory, aReport, aTargetOf } from "../sample-reports.ts";

/** The report of the demo, through the command line. */
async function demoReport(): Promise<Report> {
  return reportSchema.parse(
    JSON.parse((await runCli(["demo", "--format", "json"], { now, aws: { createAccount } })).stdout),
  );
}

/** Names that a spreadsheet, a terminal, a browser or a parser would act on. */
const hostileNames = [
  '=HYPERLINK("https://evil.example")',
  "+1",
  "-1+cmd|' /C calc'!A0",
  "@SUM(1)",
  "\t=1",
  "\r=1",
  'a,b;c"d"',
  "line one\nline two",
  "\u001b[31mred\u001b[0m",
  "<script>alert(1)</script>",
  "]]>&lt;",
  "|pipe|`tick`",
  "[link](https://evil.example)",
  "\ud83d lone",
  "😀 emoji",
  "\0\ufffe\uffff",
  "",
];

type Case = readonly [name: string, report: Report];

let cases: Promise<readonly Case[]> | undefined;

/** One report for each case that every format has to render. */
export function allCases(): Promise<readonly Case[]> {
  cases ??= createCases();
  return cases;
}

/** The report of one case. */
export async function caseNamed(name: string): Promise<Report> {
  const [, report] = (await allCases()).find(([one]) => one === name) ?? [];
  if (report === undefined) throw new Error(`there is no case "${name}"`);
  return report;
}

async function createCases(): Promise<readonly Case[]> {
  const clean = aReport(anInventory());
  return [
    ["the demo", await demoReport()],
    ["clean", clean],
    ["an empty account", aReport(anInventory({ targets: [aTarget({ databases: [], secrets: null })] }))],
    ["nothing audited", aReport(anInventory({ targets: [] }))],
    ["gaps only", aReport(anInventory({ targets: [aTarget({ databases: [], gaps: [aGap()] })], gaps: [] }))],
    ["incomplete", aReport(anIncompleteInventory())],
    ["every outcome", withFindings(clean, outcomeFindings)],
    ["10,000 findings", tenThousand()],
    ["hostile names", withFindings(clean, hostileNames.map(aHostileFinding))],
  ];
}

/** A violation, an exempt one, one without data, and one that is both exempt and without data. */
export const outcomeFindings: readonly Finding[] = [
  aFindingOn("violation"),
  aFindingOn("exempt", { exemption: anExemption }),
  aFindingOn("unknown", { status: "INSUFFICIENT_DATA" }),
  aFindingOn("exempt-unknown", { status: "INSUFFICIENT_DATA", exemption: anExemption }),
];

export function withFindings(report: Report, findings: readonly Finding[]): Report {
  return { ...report, clean: false, findings: [...findings] };
}

export function tenThousand(): Report {
  return aReport(anInventory({ targets: [aTargetOf(10_000)] }));
}

function aHostileFinding(name: string, index: number): Finding {
  const { resource, ...finding } = aFindingOn("orders");
  const arn = `${resource.arn}${index}`;
  return {
    ...finding,
    id: `${finding.rule}/${arn}`,
    message: name,
    remediation: name,
    evidence: { [name]: name },
    resource: { ...resource, arn, identifier: name },
    exemption: index % 2 === 0 ? null : { ...anExemption, owner: name, reason: name },
  };
}

/** Reports with untrusted text wherever text can be. */
export const hostileReport: fc.Arbitrary<Report> = fc
  .tuple(
    fc.array(hostileFinding, { maxLength: 4 }),
    fc.array(
      fc.record({
        account: hostile,
        region: hostile,
        action: hostile,
        code: hostile,
        message: hostile,
        resource: fc.option(hostile, { nil: null }),
      }),
      { maxLength: 2 },
    ),
  )
  .map(([findings, gaps]) => {
    const report = withFindings(aReport(anInventory()), findings);
    return { ...report, coverage: { ...report.coverage, gaps, complete: false } };
  });
