import type { Finding } from "../model/finding.ts";

/** What every reporter tells apart: what is wrong now, what could not be judged, and what its owner accepted for a time. */
export function sortOut(findings: readonly Finding[]): {
  readonly wrong: readonly Finding[];
  readonly notJudged: readonly Finding[];
  readonly exempt: readonly Finding[];
} {
  const active = findings.filter(({ exemption }) => exemption === null);
  return {
    wrong: active.filter(({ status }) => status === "NON_COMPLIANT"),
    notJudged: active.filter(({ status }) => status === "INSUFFICIENT_DATA"),
    exempt: findings.filter(({ exemption }) => exemption !== null),
  };
}
