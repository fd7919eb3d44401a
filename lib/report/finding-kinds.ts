import { type Finding, isActive, isUnknown, isWrong } from "../model/finding.ts";

/** What every reporter tells apart: what is wrong now, what could not be judged, and what its owner accepted for a time. */
export function sortOut(findings: readonly Finding[]): {
  readonly wrong: readonly Finding[];
  readonly notJudged: readonly Finding[];
  readonly exempt: readonly Finding[];
} {
  return {
    wrong: findings.filter(isWrong),
    notJudged: findings.filter(isUnknown),
    exempt: findings.filter((finding) => !isActive(finding)),
  };
}
