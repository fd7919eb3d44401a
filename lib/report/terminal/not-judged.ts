import type { Finding } from "../../model/finding.ts";
import { count, formatNumber } from "../text/count.ts";
import { paragraph } from "./paragraph.ts";
import { listPlaces } from "../text/scopes.ts";
import type { Sheet } from "./layout.ts";
import { byCause, byDatabase } from "../text/group-findings.ts";

/** Of one kind of verdict that could not be given for a reason of its own, so many are shown with their messages. */
const shown = 3;

/** What could not be judged: one entry for each cause, however many verdicts hang on it. */
export function renderNotJudged(findings: readonly Finding[], sheet: Sheet): string[] {
  if (findings.length === 0) return [];
  const entries = byCause(findings).flatMap((ofCause) => renderCause(ofCause, sheet));
  return [[sheet.paint.warn("COULD NOT BE JUDGED"), ...entries].join("\n")];
}

function renderCause(findings: readonly Finding[], { width, paint }: Sheet): string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const places = paint.faint(`(${listPlaces(findings)})`);
  const verdicts = `${count(findings.length, "verdict")} on ${count(byDatabase(findings).length, "database")}`;
  if (typeof first.evidence.notSeen === "string")
    return [paragraph(`${verdicts}: ${first.evidence.notSeen} ${places}`, { width, first: "  " })];
  return [
    ...findings.slice(0, shown).flatMap((finding) => [
      paragraph(`${finding.message} ${paint.faint(`[${finding.rule}] (${listPlaces([finding])})`)}`, {
        width,
        first: "  ",
      }),
      ...(finding.remediation === "" ? [] : [paragraph(finding.remediation, { width, first: "    → " })]),
    ]),
    ...(findings.length > shown
      ? [
          paragraph(
            `… and ${formatNumber(findings.length - shown)} more of ${first.rule}; --format json has all ${places}`,
            {
              width,
              first: "  ",
            },
          ),
        ]
      : []),
  ];
}
