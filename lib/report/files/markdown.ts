import { markdownTable } from "markdown-table";
import { type Finding, severities } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { describeChangeCommands } from "../text/change-commands.ts";
import { splitCommands } from "../text/commands.ts";
import { formatNumber } from "../text/count.ts";
import { describeCoverageProblems } from "../text/coverage-problems.ts";
import { describeTargets } from "../text/describe-coverage.ts";
import { describeResource } from "../text/describe-database.ts";
import { describeExemptionEnd } from "../text/describe-finding.ts";
import { describeRequest } from "../text/describe-request.ts";
import { groupFindings } from "../text/group-findings.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter } from "../text/reporter.ts";
import { describeScope } from "../text/scopes.ts";
import { describeVerdict } from "../text/verdict.ts";

/** Bytes of all tables, so that the report fits a job summary of GitHub Actions, which is at most 1 MiB. Source: https://docs.github.com/en/actions */
const maxBytes = 1_000_000;

const icons = { CLEAN: "✅", LIMITED: "⚠️", "NOT CLEAN": "❌" } as const;

/** Renders Markdown as GitHub shows it, for job summaries, comments and wikis: the verdict, and one table for each kind of finding. */
export const renderMarkdown: Reporter = (untrusted) => {
  const report = makePrintable(untrusted);
  const { violations, notEvaluated, exempt } = groupFindings(report.findings);
  const { word, sentence } = describeVerdict(report);
  const problems = describeCoverageProblems(report);
  let left = maxBytes;
  const section = (title: string, heads: readonly string[], rows: readonly (readonly string[])[]) => {
    if (rows.length === 0) return [];
    const shown = takeWithin(rows, left);
    left -= shown.bytes;
    const more = rows.length - shown.rows.length;
    return [
      `## ${title} (${formatNumber(rows.length)})`,
      markdownTable([heads, ...shown.rows], { alignDelimiters: false }),
      ...(more === 0 ? [] : [`… and ${formatNumber(more)} more, which do not fit here: see the JSON report.`]),
    ];
  };
  return `${[
    `# ${icons[word]} RDS master passwords: ${word.toLowerCase()}`,
    escapeMarkup(sentence),
    ...countTable(report, violations),
    ...section(
      "Violations",
      ["Severity", "Database", "Account and Region", "Violation", "What to do"],
      violations.map(toRow),
    ),
    ...[describeChangeCommands(violations)].flatMap((sentence) => (sentence === null ? [] : [escapeMarkup(sentence)])),
    ...section(
      "Could not be evaluated",
      ["Severity", "Database", "Account and Region", "Finding", "What to do"],
      notEvaluated.map(toRow),
    ),
    ...section(
      "Coverage gaps",
      ["Account and Region", "Gap", "What to do"],
      problems.map((problem) => [
        escapeMarkup(describeScope(problem)),
        escapeMarkup([problem.message, problem.resource ?? ""].join(" ").trim()),
        toText(problem.remediation),
      ]),
    ),
    ...section(
      "Exempt",
      ["Severity", "Database", "Account and Region", "Finding", "Exemption"],
      exempt.map((finding) => [...toRow(finding).slice(0, 4), describeExemption(finding, report)]),
    ),
    "## Coverage",
    `**${report.coverage.complete ? "Complete" : "Incomplete"}.** ${escapeMarkup(describeTargets(report))}`,
    describeRequest(report)
      .map(([name, value]) => `- **${name}**: ${escapeMarkup(value)}`)
      .join("\n"),
    "No secret value was read.",
  ].join("\n\n")}\n`;
};

function countTable({ summary }: Report, violations: readonly Finding[]): string[] {
  const { managed, unmanaged, findings } = summary;
  const numbers = [
    ...severities.map((severity) => violations.filter((finding) => finding.severity === severity).length),
    findings.insufficientData,
    findings.exempt,
  ];
  const heads = ["Managed by RDS", ...severities, "not evaluated", "exempt"];
  const row = [`${formatNumber(managed)} of ${formatNumber(managed + unmanaged)}`, ...numbers.map(formatNumber)];
  return [markdownTable([heads, row], { alignDelimiters: false, align: "r" })];
}

function toRow(finding: Finding): string[] {
  const { severity, resource, rule, message, remediation } = finding;
  return [
    severity,
    escapeMarkup(describeResource(resource)),
    escapeMarkup(describeScope(finding)),
    `${escapeMarkup(message)} (${escapeMarkup(rule)})`,
    toText(remediation),
  ];
}

function describeExemption({ exemption }: Finding, { generatedAt }: Report): string {
  if (exemption === null) return "";
  return escapeMarkup(`${exemption.owner}: ${exemption.reason}, ${describeExemptionEnd(exemption.until, generatedAt)}`);
}

/** Rows that fit into a number of bytes. */
function takeWithin(rows: readonly (readonly string[])[], maxBytes: number) {
  let bytes = 0;
  const end = rows.findIndex((row) => {
    bytes += new TextEncoder().encode(row.join(" | ")).length + 8;
    return bytes > maxBytes;
  });
  return { rows: end === -1 ? rows : rows.slice(0, end), bytes };
}

/** Prose, and commands as code. */
function toText(sentence: string): string {
  return splitCommands(sentence)
    .map(({ kind, text }) => (kind === "prose" ? escapeMarkup(text) : toCode(text)))
    .join("");
}

/**
 * A code span in a table: its fence is longer than any in the text. A table needs a backslash before a pipe, also in code. Another backslash before
 * that one would end the cell, and code cannot escape it: such a text stays prose.
 */
function toCode(command: string): string {
  if (command.includes("\\|")) return escapeMarkup(command);
  const text = command.replaceAll("|", "\\|");
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}

/** Escapes markup, HTML, mentions, the pipes of tables, and what GitHub turns into links. */
function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\\`*_[\]<>&~#@$|]/g, "\\$&")
    .replaceAll(/:(?=\/\/)/g, "\\:")
    .replaceAll(/\bwww\./gi, (found) => found.replace(".", "\\."));
}
