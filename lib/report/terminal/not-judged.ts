import type { Finding } from "../../model/finding.ts";
import { count, formatNumber } from "../text/count.ts";
import { byCause, byDatabase } from "../text/group-findings.ts";
import { listScopes } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";

/** Of one kind of verdict that could not be given for a reason of its own, so many are shown with their messages. */
const shown = 3;

/** What could not be judged: one entry for each cause, however many verdicts hang on it. */
export function renderNotJudged(findings: readonly Finding[], layout: Layout): string[] {
  if (findings.length === 0) return [];
  const entries = byCause(findings).flatMap((ofCause) => renderCause(ofCause, layout));
  return [[layout.paint.warn("COULD NOT BE JUDGED"), ...entries].join("\n")];
}

function renderCause(findings: readonly Finding[], { width, paint }: Layout): string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const scopes = paint.faint(`(${listScopes(findings)})`);
  const verdicts = `${count(findings.length, "verdict")} on ${count(byDatabase(findings).length, "database")}`;
  if (typeof first.evidence.notSeen === "string")
    return [paragraph(`${verdicts}: ${first.evidence.notSeen} ${scopes}`, { width, first: "  " })];
  return [
    ...findings.slice(0, shown).flatMap((finding) => [
      paragraph(`${finding.message} ${paint.faint(`[${finding.rule}] (${listScopes([finding])})`)}`, {
        width,
        first: "  ",
      }),
      ...(finding.remediation === "" ? [] : [paragraph(finding.remediation, { width, first: "    → " })]),
    ]),
    ...(findings.length > shown
      ? [
          paragraph(
            `… and ${formatNumber(findings.length - shown)} more of ${first.rule}; --format json has all ${scopes}`,
            {
              width,
              first: "  ",
            },
          ),
        ]
      : []),
  ];
}
