import { type Finding, severities } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { formatNumber } from "../text/count.ts";
import { groupFindings } from "../text/group-findings.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { describeVerdict } from "../text/verdict.ts";
import { renderCoverageSection } from "./coverage-section.ts";
import { renderDatabasesSection } from "./databases-section.ts";
import { renderExemptSection, renderNotJudgedSection, renderViolationsSection } from "./findings-section.ts";
import { type Html, html, toText, trusted } from "./html.ts";
import { timeOf } from "./parts.ts";
import { pageStyle } from "./style.ts";

/** No script, no form, nothing from anywhere: even a text that got through as markup could do nothing. */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The report as one HTML file that a person opens anywhere, offline too, or prints. It loads nothing and has no script. */
export function renderPage(untrusted: Report, { reasons }: Pick<ReportOptions, "reasons">): string {
  const report = makePrintable(untrusted);
  const { wrong, notJudged, exempt } = groupFindings(report.findings);
  const { word, sentence } = describeVerdict(report);
  const mark = report.clean ? "✓" : "✗";
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${mark} RDS master passwords, ${report.generatedAt.slice(0, 10)}: ${word.toLowerCase()}</title>
<link rel="icon" href="data:,">
<style>${trusted(pageStyle)}</style>
</head>
<body>
<header>
<a class="skip" href="#findings">To what is wrong</a>
<h1>Audit of RDS and Aurora master passwords, ${timeOf(report.generatedAt)}</h1>
<div class="verdict ${report.clean ? "is-clean" : ""}"><strong><span aria-hidden="true">${mark} </span>${capitalize(word.toLowerCase())}</strong><p>${sentence}</p></div>
<nav aria-label="Summary">${renderTiles(report, wrong)}</nav>
</header>
<main>
${renderViolationsSection(wrong, report)}
${renderNotJudgedSection(notJudged, report)}
${renderExemptSection(exempt, report)}
${renderCoverageSection(report, reasons)}
${renderDatabasesSection(report, reasons)}
</main>
<footer><p>Made by ${report.tool.name} ${report.tool.version} on ${timeOf(report.generatedAt)}. The JSON report has every detail. No secret's value was read.</p></footer>
</body>
</html>
`;
  return toText(page);
}

function renderTiles({ summary, coverage }: Report, wrong: readonly Finding[]): Html {
  const { findings, managed, unmanaged, databases } = summary;
  const bySeverity = severities
    .map((severity) => [severity, wrong.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, number]) => number > 0);
  // Green is only what was seen to be good.
  const seen = coverage.complete ? "good" : "";
  return html`<ul class="tiles">
${tile(`${formatNumber(managed)} of ${formatNumber(managed + unmanaged)}`, "managed", "#databases", unmanaged === 0 ? seen : "")}
${bySeverity.map(([severity, number]) => tile(formatNumber(number), severity, "#findings", severity))}${wrong.length === 0 ? tile("0", "wrong", "#findings", seen) : null}
${findings.insufficientData > 0 ? tile(formatNumber(findings.insufficientData), "not judged", "#not-judged", "calm") : null}
${findings.exempt > 0 ? tile(formatNumber(findings.exempt), "exempt", "#exempt", "") : null}
${tile(formatNumber(coverage.gaps.length), "not read", "#coverage", coverage.complete ? "good" : "calm")}
${tile(formatNumber(databases), databases === 1 ? "database" : "databases", "#databases", "")}
</ul>`;
}

function tile(number: string, what: string, target: string, kind: string): Html {
  return html`<li class="${kind}"><a href="${target}"><b>${number}</b> <span>${what}</span></a></li>`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
