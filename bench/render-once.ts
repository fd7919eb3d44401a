/** Renders the report of 10,000 violations once, in its own process and as the format that the argument names. Prints a `Rendering` as JSON. */
import { reasons } from "../lib/audit/classify.ts";
import { rules } from "../rules/index.ts";
import { aReport, aTargetOf } from "../tests/report/sample-reports.ts";
import { anInventory } from "../tests/support/builders.ts";
import type { Rendering } from "./report.ts";

const findings = 10_000;
const report = aReport(anInventory({ targets: [aTargetOf(findings)] }));
if (report.findings.length !== findings) throw new Error(`the report has ${report.findings.length} findings`);
const render =
  process.argv[2] === "html"
    ? (await import("../lib/report/page/page.ts")).renderPage
    : (await import("../lib/report/terminal/table.ts")).renderTable;
const explanations = Object.fromEntries(reasons.map(({ code, explanation }) => [code, explanation]));
const before = process.resourceUsage().maxRSS;
const startedAt = performance.now();
const text = render(report, { width: 120, color: true, reasons: explanations, rules });
const rendering: Rendering = {
  milliseconds: performance.now() - startedAt,
  addedMebibytes: (process.resourceUsage().maxRSS - before) / 1024,
  bytes: Buffer.byteLength(text),
};
process.stdout.write(JSON.stringify(rendering));
