import { compareFindings, countFindings, toReported } from "../../audit/assemble-report.ts";
import { compareText } from "../../model/compare-text.ts";
import type { ClassifiedDatabase, Management } from "../../model/database.ts";
import { type Finding, isViolation } from "../../model/finding.ts";
import type { Gap } from "../../model/inventory.ts";
import type { Report } from "../../model/report.ts";
import type { Declarations } from "./declaration.ts";
import { judgeDeclared, type Standard, templateRules } from "./judge-declared.ts";

/** A file that could not be judged, and why. */
export type RefusedFile = { readonly file: string; readonly why: string };

/** Judges the databases that files declare. The report has the shape of an audit's; each file takes the part of an account and Region. */
export function assembleCheckReport(
  files: readonly Declarations[],
  refused: readonly RefusedFile[],
  options: Standard & { readonly version: string },
): Report {
  const { policy, rules, now, version } = options;
  const databases: ClassifiedDatabase[] = [];
  const findings: Finding[] = [];
  const gaps: Gap[] = refused.map(({ file, why }) => toGap(file, file, "NotReadable", why));
  const targets: Report["coverage"]["targets"] = [];
  for (const { file, databases: declared, unjudged } of files) {
    const judged = declared.map((one) => judgeDeclared(one, options));
    databases.push(...judged.map(({ database }) => database));
    const found = judged.flatMap((one) => one.findings);
    findings.push(...found);
    gaps.push(...unjudged.map(({ name, why }) => toGap(file, name, "NotJudged", why)));
    const complete = unjudged.length === 0 && !found.some(({ status }) => status === "INSUFFICIENT_DATA");
    targets.push({
      account: "",
      region: "",
      file,
      complete,
      databases: declared.length,
      calls: 0,
      orphanedSecrets: null,
    });
  }
  const complete = targets.length > 0 && gaps.length === 0 && targets.every((target) => target.complete);
  const countOf = (management: Management) => databases.filter((one) => one.management === management).length;
  return {
    schemaVersion: "1.0",
    observedAt: now,
    generatedAt: now,
    tool: { name: "rds-password-audit", version },
    clean: complete && !findings.some(isViolation),
    coverage: {
      complete,
      targets,
      gaps,
      rules: templateRules(options)
        .map(({ id }) => id)
        .sort(),
      rulesOff: rules.map(({ id }) => id).filter((id) => policy.rulesOff.includes(id)),
    },
    summary: {
      databases: databases.length,
      managed: countOf("managed"),
      unmanaged: countOf("unmanaged"),
      inherited: countOf("inherited"),
      unsupported: countOf("unsupported"),
      outOfScope: countOf("out-of-scope"),
      findings: countFindings(findings),
    },
    databases: databases.sort((a, b) => compareText(a.arn, b.arn)).map(toReported),
    findings: findings.sort(compareFindings),
  };
}

function toGap(file: string, resource: string, code: string, message: string): Gap {
  return { account: "", region: "", action: `check:${file}`, code, message, resource };
}
