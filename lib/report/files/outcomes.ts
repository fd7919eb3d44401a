import type { Finding } from "../../model/finding.ts";

/** What a finding means, whatever the format. An exemption excuses a violation, not missing data. */
export type FindingOutcome = "violation" | "exempt" | "notEvaluated";

/** The outcome of a finding. */
export function outcomeOf({ status, exemption }: Pick<Finding, "status" | "exemption">): FindingOutcome {
  if (status === "INSUFFICIENT_DATA") return "notEvaluated";
  return exemption === null ? "violation" : "exempt";
}

/** What each outcome becomes in the formats that have words of their own for it. Nothing becomes a pass. */
export const outcomes = {
  violation: {
    sarif: { kind: "fail", suppressed: false },
    junit: "failure",
    ocsf: { statusId: 3, status: "Fail", isSuppressed: false },
    oscal: { state: "not-satisfied", reason: "fail", risk: "open" },
  },
  exempt: {
    sarif: { kind: "fail", suppressed: true },
    junit: "skipped",
    ocsf: { statusId: 3, status: "Fail", isSuppressed: true },
    oscal: { state: "not-satisfied", reason: "fail", risk: "deviation-approved" },
  },
  notEvaluated: {
    sarif: { kind: "open", suppressed: false },
    junit: "error",
    ocsf: { statusId: 2, status: "Warning", isSuppressed: false },
    oscal: { state: "not-satisfied", reason: "other", risk: "open" },
  },
} as const satisfies Readonly<Record<FindingOutcome, unknown>>;

/** What the audit can find out about a rule and a database, and a gap, in the words of one format. */
export type OutcomeWords = Readonly<Record<FindingOutcome | "gap" | "pass", string>>;

const absent = "not in the report";

function sections(gaps: string): OutcomeWords {
  return {
    violation: "under Violations, with its severity",
    exempt: "under Exempt",
    notEvaluated: "under Could not be evaluated; if exempt, under Exempt as not evaluated",
    gap: gaps,
    pass: absent,
  };
}

/** How `word` describes each outcome, and a gap as one that was not evaluated. */
function inWords(word: (outcome: (typeof outcomes)[FindingOutcome]) => string): OutcomeWords {
  const { violation, exempt, notEvaluated } = outcomes;
  return {
    violation: word(violation),
    exempt: word(exempt),
    notEvaluated: word(notEvaluated),
    gap: word(notEvaluated),
    pass: absent,
  };
}

/** What each outcome becomes in each format. `pass` is COMPLIANT and NOT_APPLICABLE. No other outcome becomes a pass. */
export const outcomesByFormat: Readonly<Record<string, OutcomeWords>> = {
  table: sections("under Coverage"),
  lines: {
    violation: "a line that starts with the severity",
    exempt: "a line that starts with `exempt`",
    notEvaluated: "a line that starts with `unevaluated`",
    gap: "a line that starts with `unevaluated`",
    pass: absent,
  },
  json: {
    violation: "`status: NON_COMPLIANT`",
    exempt: "`status: NON_COMPLIANT`, `exemption` set",
    notEvaluated: "`status: INSUFFICIENT_DATA`",
    gap: "in `coverage.gaps`",
    pass: absent,
  },
  html: sections("under Coverage"),
  csv: {
    violation: "`NON_COMPLIANT`",
    exempt: "`NON_COMPLIANT`, `exemptUntil` set",
    notEvaluated: "`INSUFFICIENT_DATA`",
    gap: "`INSUFFICIENT_DATA` of the rule `coverage-complete`",
    pass: absent,
  },
  "csv-databases": {
    violation: "counted in `violations`",
    exempt: "counted in `exempt`",
    notEvaluated: "counted in `notEvaluated`",
    gap: "not in the file",
    pass: "a database has a line in any case, with its `management`",
  },
  markdown: sections("under Coverage gaps"),
  sarif: inWords(({ sarif }) => `\`kind: ${sarif.kind}\`${sarif.suppressed ? ", with a suppression" : ""}`),
  junit: {
    ...inWords(({ junit }) => `\`${junit}\``),
    pass: "one test for each account and Region passes if everything was read and judged there",
  },
  asff: {
    violation: "`FAILED`",
    exempt: "`FAILED`, `ARCHIVED`",
    notEvaluated: "`WARNING`",
    gap: "not in the file, because Security Hub gets findings only",
    pass: absent,
  },
  ocsf: inWords(({ ocsf }) => `\`${ocsf.status}\`${ocsf.isSuppressed ? ", `Suppressed`" : ""}`),
  oscal: inWords(({ oscal }) => `\`${oscal.state}\` (\`${oscal.reason}\`), its risk \`${oscal.risk}\``),
};
