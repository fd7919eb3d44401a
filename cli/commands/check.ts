import { stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import { UsageError } from "../../lib/model/errors.ts";
import { isRegionName } from "../../lib/model/regions.ts";
import { parseParameterFile } from "../../lib/prevent/cloudformation/parameter-file.ts";
import type { ParameterValues } from "../../lib/prevent/cloudformation/parameters.ts";
import { parseTemplate } from "../../lib/prevent/cloudformation/parse-template.ts";
import type { StackTarget } from "../../lib/prevent/cloudformation/resolve.ts";
import { toDeclarations } from "../../lib/prevent/cloudformation/to-declarations.ts";
import { assembleCheckReport, type RefusedFile } from "../../lib/prevent/templates/assemble-check-report.ts";
import type { Declarations } from "../../lib/prevent/templates/declaration.ts";
import { parsePlan } from "../../lib/prevent/terraform/parse-plan.ts";
import { toPlannedDeclarations } from "../../lib/prevent/terraform/to-declarations.ts";
import { toPrintable } from "../../lib/report/text/printable.ts";
import { rules } from "../../rules/index.ts";
import { describeCommand } from "../command-name.ts";
import { auditStatus, exitStatus, type FailOn, failOnChoices } from "../exit-status.ts";
import { type CdkTemplate, findCdkTemplates } from "../input/cdk-directory.ts";
import { nonEmpty, oneOf } from "../input/option-values.ts";
import { policyOption, readPolicyFile } from "../input/policy-file.ts";
import { type Io, write } from "../io.ts";
import { checkWritable, readText, readTextStream } from "../output/files.ts";
import { addOutputOptions, chooseOutputs, type OutputOptions, writeReport } from "../output/report-output.ts";
import { version } from "../version.ts";

type CheckOptions = OutputOptions & {
  readonly diff?: true;
  readonly policy?: string;
  readonly parameters?: string;
  readonly account?: string;
  readonly region?: string;
  readonly failOn: FailOn;
};

/** In MB. A plan of a large configuration has tens of megabytes; templates have a limit of their own. */
const maxSize = 200;

const examples = `
A file is a CloudFormation template (YAML or JSON, SAM too), a Terraform or OpenTofu plan (terraform show -json), a CDK output directory
(cdk.out), or - for standard input.

Examples:
  rds-password-audit check template.yaml
  rds-password-audit check template.yaml --parameters production.json --account 123456789012 --region eu-west-1
  rds-password-audit check cdk.out --policy policy.yaml --fail-on high
  rds-password-audit check template.yaml --diff > changes.patch; git apply changes.patch
  terraform show -json tfplan | rds-password-audit check - --format json

Exit status:
  0  no finding at or above --fail-on, and everything was judged
  1  at least one finding at or above --fail-on that is not exempt
  2  an option, a file or the policy is invalid; the other files are judged
  3  no finding at or above --fail-on, but something could not be judged`;

/** `check`: judges templates and plans before they are applied. */
export function addCheck(program: Command, io: Io, end: (status: number) => void): void {
  const command = program
    .command("check")
    .description("judge CloudFormation templates, CDK output and Terraform plans before they are applied")
    .argument("<file...>", "templates, plans, and CDK output directories");
  addOutputOptions(command)
    .option(
      "--diff",
      "print a unified diff that repairs CloudFormation templates instead of the report, for git apply and patch -p1",
    )
    .addOption(policyOption("policy file, YAML or JSON (default: built-in rules, any key)"))
    .addOption(
      new Option(
        "--parameters <file>",
        "values of CloudFormation parameters, JSON or YAML (default: the template's defaults)",
      ).argParser(nonEmpty("--parameters")),
    )
    .addOption(
      new Option("--account <id>", "account to deploy to, for what the policy requires by account").argParser(
        accountOf,
      ),
    )
    .addOption(
      new Option("-r, --region <region>", "Region to deploy to, for what the policy requires by Region").argParser(
        regionOf,
      ),
    )
    .addOption(
      new Option("--fail-on <severity>", `exit with 1 at this severity or above: ${failOnChoices.join(", ")}`)
        .default("low")
        .argParser(oneOf("--fail-on", failOnChoices)),
    )
    .addHelpText("after", examples)
    .action(async (files: readonly string[], options: CheckOptions) => end(await check(files, options, io)));
}

async function check(files: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  const { policy, source } = await readPolicyFile(options.policy);
  const read = [options.policy, options.parameters, ...files.filter((file) => file !== "-")];
  if (options.diff) await checkDiffOptions(files, options, read);
  const outputs = options.diff ? [] : await chooseOutputs(options, read);
  const parameters: ParameterValues =
    options.parameters === undefined
      ? new Map()
      : parseParameterFile(await readText(options.parameters, 1), options.parameters);
  const target = { account: options.account ?? null, region: options.region ?? null };
  const judged: Declarations[] = [];
  const sources: CdkTemplate[] = [];
  const refused: RefusedFile[] = [];
  for (const file of files) {
    try {
      for (const source of await listSources(file, target, io)) {
        judged.push(toFileDeclarations(source, parameters));
        sources.push(source);
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      refused.push({ file, why: error.message });
      await write(io.stderr, `${toPrintable(error.message)}\n`);
    }
  }
  if (judged.length === 0) return exitStatus.usage;
  const request = { command: describeCommand(io), policy: source };
  const standard = { policy, rules, now: io.now().toISOString(), version, request };
  const report = assembleCheckReport(judged, refused, standard);
  if (options.diff) {
    const { writeDiffs } = await import("../output/diff-output.ts");
    await writeDiffs(sources, parameters, standard, options.output, io);
  } else await writeReport(report, outputs, io);
  return refused.length > 0 ? exitStatus.usage : auditStatus(report, options.failOn);
}

/** Refuses what a diff cannot be made of, or written to. */
async function checkDiffOptions(
  files: readonly string[],
  { format, output }: CheckOptions,
  read: readonly (string | undefined)[],
): Promise<void> {
  if (format !== undefined) throw new UsageError("--diff prints a diff instead of the report: leave out --format.");
  if (files.includes("-"))
    throw new UsageError("--diff needs the name of a file to change, which standard input has not.");
  if (output !== undefined) await checkWritable(output, "--output", read);
}

/** The texts of a file, or of the templates in a CDK output directory. */
async function listSources(file: string, target: StackTarget, io: Io): Promise<readonly CdkTemplate[]> {
  if (file === "-")
    return [
      {
        file: "standard input",
        text: await readTextStream(io.stdin, "standard input", maxSize),
        target,
        nestedAreJudged: false,
      },
    ];
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory()) return findCdkTemplates(file, target, maxSize);
  return [{ file, text: await readText(file, maxSize), target, nestedAreJudged: false }];
}

function toFileDeclarations(
  { file, text, target, nestedAreJudged }: CdkTemplate,
  parameters: ParameterValues,
): Declarations {
  const plan = parsePlan(text, file);
  if (plan !== null) return toPlannedDeclarations(plan, target);
  return toDeclarations(parseTemplate(text, file), { parameters, target, nestedAreJudged });
}

function accountOf(value: string): string {
  if (/^\d{12}$/.test(value)) return value;
  throw new UsageError(`--account takes an account ID of 12 digits, not "${value}".`);
}

function regionOf(value: string): string {
  const region = value.toLowerCase();
  if (isRegionName(region)) return region;
  throw new UsageError(`"${value}" is not a known Region.`);
}
