import { mergeParts, type ReportPart, type RequestDetails, toReported } from "../../audit/assemble-report.ts";
import type { Gap } from "../../model/inventory.ts";
import type { Report } from "../../model/report.ts";
import type { Declarations } from "./declaration.ts";
import { judgeDeclared, type Standard, toTemplateRules } from "./judge-declared.ts";

/** A file that could not be judged, and why. */
export type RefusedFile = { readonly file: string; readonly why: string };

/** Judges the databases that files declare. The report has the shape of an audit's; each file takes the part of an account and Region. */
export function assembleCheckReport(
  files: readonly Declarations[],
  refused: readonly RefusedFile[],
  options: Standard & { readonly version: string; readonly request?: RequestDetails },
): Report {
  const { policy, rules, now, version, request } = options;
  const rest: ReportPart = {
    ...{ scopes: [], unread: [], databases: [], findings: [] },
    accountGaps: refused.map(({ file, why }) => toGap(file, file, "NotReadable", why)),
  };
  return mergeParts([...files.map((file) => judgeFile(file, options)), rest], {
    ...{ policy, rules: toTemplateRules(rules), version, generatedAt: now, observedAt: now },
    ...(request && { request }),
  });
}

function judgeFile({ file, databases: declared, unjudged }: Declarations, standard: Standard): ReportPart {
  const judged = declared.map((one) => judgeDeclared(one, standard));
  const findings = judged.flatMap((one) => one.findings);
  const gaps = unjudged.map(({ name, why }) => toGap(file, name, "NotJudged", why));
  const scope = {
    ...{ account: "", region: "", file, databases: declared.length, calls: 0, orphanedSecrets: null, gaps },
    complete: gaps.length === 0 && !findings.some(({ status }) => status === "INSUFFICIENT_DATA"),
  };
  return {
    ...{ scopes: [scope], accountGaps: [], unread: [], findings },
    databases: judged.map(({ database }) => toReported(database)),
  };
}

function toGap(file: string, resource: string, code: string, message: string): Gap {
  return { account: "", region: "", action: `check:${file}`, code, message, resource };
}
