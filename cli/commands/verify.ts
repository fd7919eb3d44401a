import { type Command, Option } from "commander";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Report } from "../../lib/model/report.ts";
import { digestOf, toCanonicalJson } from "../../lib/report/files/json.ts";
import { count } from "../../lib/report/text/count.ts";
import { toPrintable } from "../../lib/report/text/printable.ts";
import { rules } from "../../rules/index.ts";
import { exitStatus } from "../exit-status.ts";
import { readInventory } from "../input/inventory-file.ts";
import { nonEmpty } from "../input/option-values.ts";
import { policyOption, readPolicyFile } from "../input/policy-file.ts";
import { readReportFile } from "../input/report-file.ts";
import { type Io, write } from "../io.ts";
import { version } from "../version.ts";

type VerifyOptions = { readonly from?: string; readonly policy?: string };

const examples = `
A JSON report contains the SHA-256 of its content. If the two agree, the report was not changed by accident or by a simple edit. The digest is not a signature: a person who changes a report on purpose can also compute a new digest. To prove more, keep the digest where the report is not, or store reports with S3 Object Lock.

With --from, the inventory that --save-inventory saved is judged again, with the same policy, and must give the same report.

Examples:
  rds-password-audit verify report.json
  rds-password-audit verify report.json --from monday.json --policy policy.yaml

Exit status:
  0  the report is unchanged and, with --from, the inventory gives the same report
  1  the report was changed, or the inventory gives another one
  2  an option or a file is not valid`;

/** Adds `verify`, which says whether a report is unchanged, and whether a saved inventory gives it. */
export function addVerify(program: Command, io: Io, end: (status: number) => void): void {
  program
    .command("verify")
    .description("check that a JSON report is unchanged, and that an inventory gives it")
    .argument("<report>", "JSON report of audit")
    .addOption(
      new Option("--from <file>", "also judge this inventory again, or standard input (-)").argParser(
        nonEmpty("--from"),
      ),
    )
    .addOption(policyOption("policy file of the report, for --from"))
    .addHelpText("after", examples)
    .action(async (file: string, options: VerifyOptions) => end(await verify(file, options, io)));
}

async function verify(file: string, options: VerifyOptions, io: Io): Promise<number> {
  if (options.policy !== undefined && options.from === undefined)
    throw new UsageError("--policy has no effect without --from: add --from, or omit --policy.");
  const { report, content } = await readReportFile(file);
  const { digest } = report;
  if (digest === undefined) throw new UsageError(`${file} has no digest: it was not written by audit --format json.`);
  const actual = digestOf(content);
  const isUnchanged = digest === actual;
  await write(
    io.stdout,
    isUnchanged
      ? `UNCHANGED  ${file} has the content that its digest is of: ${digest}.\n`
      : `CHANGED  ${file} does not have the content that its digest is of. Digest in the report: ${toPrintable(digest)}. Digest of its content: ${actual}.\n`,
  );
  const isSame = options.from === undefined || (await isSameAgain(report, options.from, options, io));
  return isUnchanged && isSame ? exitStatus.clean : exitStatus.findings;
}

/** Judges the inventory with the report's policy, and compares what does not depend on when and how the report was made. */
async function isSameAgain(report: Report, from: string, { policy: file }: VerifyOptions, io: Io): Promise<boolean> {
  if (report.narrowedBy !== null)
    throw new UsageError(
      "The report shows only a part of the findings: --from needs one that was made without filters.",
    );
  const { policy, source } = await readPolicyFile(file);
  checkPolicy(report, source?.sha256 ?? null);
  const { generatedAt, tool } = report;
  const again = assembleReport(await readInventory(from, io), { policy, rules, generatedAt, version: tool.version });
  const differing = differencesOf(report, again);
  const other =
    tool.version === version
      ? ""
      : ` The report is of version ${toPrintable(tool.version)}, this is ${version}: rules may differ.`;
  await write(
    io.stdout,
    differing.length === 0
      ? `SAME  ${from}, judged again, gives the same ${count(report.findings.length, "finding")} on ${count(report.databases.length, "database")}.\n`
      : `DIFFERENT  ${from}, judged again, gives another report: ${differing.join("; ")}.${other}\n`,
  );
  return differing.length === 0;
}

function checkPolicy({ request }: Report, sha256: string | null): void {
  const expected = request?.policy ?? null;
  if (request === null || expected?.sha256 === (sha256 ?? undefined)) return;
  if (expected === null) throw new UsageError("The report was made without a policy file: omit --policy.");
  const name = toPrintable(expected.file);
  throw new UsageError(
    sha256 === null
      ? `The report was made with the policy ${name}: give it with --policy.`
      : `The policy is not the one of the report, ${name} with the SHA-256 ${toPrintable(expected.sha256)}.`,
  );
}

function differencesOf(report: Report, again: Report): string[] {
  const ids = (one: Report) => new Set(one.findings.map(({ id }) => id));
  const [before, after] = [ids(report), ids(again)];
  const onlyIn = (some: ReadonlySet<string>, others: ReadonlySet<string>, where: string) => {
    const [first, ...more] = [...some].filter((id) => !others.has(id));
    return first === undefined
      ? []
      : [
          `${count(more.length + 1, "finding")} only in ${where} (${toPrintable(first)}${more.length > 0 ? ", …" : ""})`,
        ];
  };
  const found = [...onlyIn(before, after, "the report"), ...onlyIn(after, before, "the inventory")];
  const parts = ["observedAt", "clean", "coverage", "summary", "byRule", "databases", "findings"] as const;
  const comparable = (one: Report, part: (typeof parts)[number]) =>
    toCanonicalJson(
      part === "findings" && report.hasHistory
        ? one.findings.map((each) => ({ ...each, firstSeenAt: null }))
        : one[part],
    );
  const changed = parts.filter((part) => comparable(report, part) !== comparable(again, part));
  return [...found, ...(changed.length > 0 ? [`different ${changed.join(", ")}`] : [])];
}
