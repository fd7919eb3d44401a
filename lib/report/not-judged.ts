import type { Finding } from "../model/finding.ts";
import { count, groupBy } from "./count.ts";
import { paragraph } from "./paragraph.ts";
import { listPlaces } from "./places.ts";
import type { Sheet } from "./sheet.ts";

/** Of one kind of verdict that could not be given for a reason of its own, so many are shown with their messages. */
const shown = 3;

/** What could not be judged: one entry for each cause, however many verdicts hang on it. */
export function renderNotJudged(findings: readonly Finding[], sheet: Sheet): string[] {
  if (findings.length === 0) return [];
  const byCause = [...groupBy(findings, causeOf).values()].sort((a, b) => b.length - a.length);
  const entries = byCause.flatMap((ofCause) => renderCause(ofCause, sheet));
  return [[sheet.paint.warn("COULD NOT BE JUDGED"), ...entries].join("\n")];
}

/** What was not seen, or for a database that AWS says something strange about, the rule that did not understand it. */
export function causeOf({ evidence, rule }: Finding): string {
  return typeof evidence.notSeen === "string" ? evidence.notSeen : `rule ${rule}`;
}

function renderCause(findings: readonly Finding[], { width, paint }: Sheet): string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const places = paint.faint(`(${listPlaces(findings)})`);
  const databases = new Set(findings.map(({ resource }) => resource.arn)).size;
  const verdicts = `${count(findings.length, "verdict")} on ${count(databases, "database")}`;
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
          paragraph(`… and ${findings.length - shown} more of ${first.rule}; --format json has all ${places}`, {
            width,
            first: "  ",
          }),
        ]
      : []),
  ];
}
