import type { Gap } from "../model/inventory.ts";
import type { Report } from "../model/report.ts";
import { count, groupBy } from "./count.ts";
import { pad, paragraph, widest } from "./paragraph.ts";
import { listPlaces } from "./places.ts";
import type { Sheet } from "./sheet.ts";

/** What was looked at and what was not: the part of a report that makes the rest of it worth something. */
export function renderCoverage(report: Report, reasons: Readonly<Record<string, string>>, sheet: Sheet): string {
  const { coverage } = report;
  const { width, paint } = sheet;
  const lines = [paint.strong("COVERAGE"), paragraph(describeTargets(report), { width, first: "  " })];
  lines.push(...renderReasons(report, reasons, sheet));
  if (coverage.rulesOff.length > 0)
    lines.push(paragraph(`Switched off by the policy: ${coverage.rulesOff.join(", ")}.`, { width, first: "  " }));
  lines.push(...renderGaps(coverage.gaps, sheet));
  if (coverage.complete) lines.push("  Everything could be read.");
  return lines.join("\n");
}

/** "2 accounts, 1 Region (eu-west-1), 12 databases, 7 API calls.": how much was looked at. */
export function describeTargets({ coverage, databases }: Report): string {
  const { targets } = coverage;
  const accounts = new Set(targets.map(({ account }) => account)).size;
  const regions = [...new Set(targets.map(({ region }) => region))];
  const calls = targets.reduce((sum, target) => sum + target.calls, 0);
  const named = regions.length > 0 && regions.length <= 4 ? ` (${regions.join(", ")})` : "";
  const pairs = targets.length === regions.length * accounts ? "" : `, ${count(targets.length, "account-Region")}`;
  return `${count(accounts, "account")}, ${count(regions.length, "Region")}${named}${pairs}, ${count(databases.length, "database")}, ${count(calls, "API call")}.`;
}

function renderReasons(
  { databases }: Report,
  reasons: Readonly<Record<string, string>>,
  { width, paint }: Sheet,
): string[] {
  const notJudged = databases.filter(({ management }) => management !== "managed" && management !== "unmanaged");
  if (notJudged.length === 0) return [];
  const byReason = [...groupBy(notJudged, ({ reason, management }) => reason ?? management)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const columns = widest(byReason.map(([code]) => code));
  const digits = widest(byReason.map(([, all]) => String(all.length)));
  return [
    `  ${count(notJudged.length, "database")} ${notJudged.length === 1 ? "has" : "have"} no master password of ${notJudged.length === 1 ? "its" : "their"} own that RDS could manage:`,
    ...byReason.map(([code, all]) =>
      paragraph(reasons[code] ?? "", {
        width,
        first: `    ${String(all.length).padStart(digits)}  ${paint.faint(pad(code, columns))}  `,
      }),
    ),
  ];
}

function renderGaps(gaps: readonly Gap[], { width, paint }: Sheet): string[] {
  if (gaps.length === 0) return [];
  const lines = [`  ${paint.warn("Could not be read:")}`];
  for (const same of groupBy(gaps, ({ action, code }) => `${action} ${code}`).values()) {
    const [first] = same;
    if (first === undefined) continue;
    const { action, code, message } = first;
    const resources = new Set(same.map(({ resource }) => resource)).size;
    const times = same.length > 1 && resources > 1 ? `, ${count(resources, "resource")}` : "";
    lines.push(
      paragraph(`${describeFailure(action, code)}${times} ${paint.faint(`(${listPlaces(same)})`)}`, {
        width,
        first: "    ",
      }),
      paragraph(paint.faint(`${message}${same.length > 1 ? " …" : ""}`), { width, first: "      " }),
    );
    const advice = advise(action, code);
    if (advice !== null) lines.push(paragraph(advice, { width, first: "      → " }));
  }
  return lines;
}

/** "kms:DescribeKey failed with AccessDeniedException", as the heading of a gap. */
export function describeFailure(action: string, code: string): string {
  if (action.startsWith("rule:")) return `The rule ${action.slice("rule:".length)} failed (${code})`;
  if (code === "AccessError") return "The account could not be entered";
  return `${action} failed with ${code}`;
}

/** What to do about a gap, or null where nothing general can be said. */
export function advise(action: string, code: string): string | null {
  if (action.startsWith("rule:")) return "This is an error in the program: please report it with this message.";
  if (code === "OptInRequired" || code === "UnrecognizedClientException" || code === "InvalidClientTokenId")
    return "The Region may not be enabled for the account: enable it, or do not audit it.";
  if (/AccessDenied|Unauthorized|NotAuthorized/.test(code))
    return action.startsWith("kms:")
      ? `Allow ${action} to the auditor; for a key of another account its key policy must allow it too.`
      : `Allow ${action} to the auditor.`;
  if (/Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/.test(code))
    return "AWS asks to go slower: audit again, or fewer Regions at a time.";
  if (/Timeout|ECONN|ENOTFOUND|EAI_AGAIN|Networking|ServiceUnavailable|Internal/.test(code)) return "Audit again.";
  return null;
}
