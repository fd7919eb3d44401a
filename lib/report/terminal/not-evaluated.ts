import type { Finding } from "../../model/finding.ts";
import { count, formatNumber } from "../text/count.ts";
import { groupByCause, groupByDatabase } from "../text/group-findings.ts";
import { listScopes } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";

/** Findings shown for each rule that could not interpret AWS's answer; the others are counted. */
const shown = 3;

/** Findings that could not be evaluated: one entry for each cause. */
export function renderNotEvaluated(findings: readonly Finding[], layout: Layout): string[] {
  if (findings.length === 0) return [];
  const entries = groupByCause(findings).flatMap((sameCause) => renderCause(sameCause, layout));
  return [[layout.paint.warn("COULD NOT BE EVALUATED"), ...entries].join("\n")];
}

function renderCause(findings: readonly Finding[], { width, paint }: Layout): string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const scopes = paint.faint(`(${listScopes(findings)})`);
  const counts = `${count(findings.length, "finding")} on ${count(groupByDatabase(findings).length, "database")}`;
  if (typeof first.evidence.notSeen === "string")
    return [paragraph(`${counts}: ${first.evidence.notSeen} ${scopes}`, { width, first: "  ", hang: 4 })];
  const entries = findings.slice(0, shown).flatMap((finding) => [
    paragraph(`${finding.message} ${paint.faint(`[${finding.rule}] (${listScopes([finding])})`)}`, {
      width,
      first: "  ",
      hang: 4,
    }),
    ...(finding.remediation === "" ? [] : [paragraph(finding.remediation, { width, first: "    → " })]),
  ]);
  const more = findings.length - shown;
  if (more > 0)
    entries.push(
      paragraph(`… and ${formatNumber(more)} more of ${first.rule}, see --format json ${scopes}`, {
        width,
        first: "  ",
      }),
    );
  return entries;
}
