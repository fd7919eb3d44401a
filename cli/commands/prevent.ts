import { basename, dirname, extname, join } from "node:path";
import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { hookTemplate } from "../../deploy/template-hook.ts";
import { parseArn } from "../../lib/model/arn.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { makeGuardRules } from "../../lib/prevent/guard/rules.ts";
import { makeGuardTests } from "../../lib/prevent/guard/tests.ts";
import type { Means, PolicyMeans } from "../../lib/prevent/means.ts";
import { maxAttached, renderDocument, toDocuments } from "../../lib/prevent/policies/documents.ts";
import { listPitfalls, noExemptPrincipal } from "../../lib/prevent/policies/pitfalls.ts";
import { makeStatements } from "../../lib/prevent/policies/statements.ts";
import { makeTestPlan } from "../../lib/prevent/policies/test-plan.ts";
import { keyRule, managementRule, toRequirements } from "../../lib/prevent/requirements.ts";
import { passwordRule } from "../../lib/prevent/templates/password-rule.ts";
import { listUnexpressed } from "../../lib/prevent/unexpressed.ts";
import { toPrintable } from "../../lib/report/text/printable.ts";
import { exitStatus } from "../exit-status.ts";
import { listOf, oneOf } from "../input/option-values.ts";
import { policyOption, readPolicy } from "../input/policy-file.ts";
import { type Io, write } from "../io.ts";
import { checkWritable, writeWhole } from "../output/files.ts";

type PreventOptions = {
  readonly policy?: string;
  readonly exemptRole?: readonly string[];
  readonly output?: string;
  readonly testPlan?: true;
  readonly tests?: true;
};

/** What is printed or written, one text per file, and what to say about it. */
type Generated = { readonly texts: readonly string[]; readonly notes: readonly string[] };

const means: readonly Means[] = ["scp", "iam-policy", "guard", "hook"];

const examples = `
Means:
  scp         service control policies for AWS Organizations: no one in the accounts can create an unmanaged database
  iam-policy  the same as managed policies of IAM, to attach to roles or as a permissions boundary
  guard       rules for CloudFormation Guard: templates are refused before they are deployed
  hook        a CloudFormation template with Lambda hooks for one account and Region: stacks are warned or stopped

Examples:
  rds-password-audit prevent scp --exempt-role 'arn:aws:iam::*:role/rds-password-audit-*' --output scp.json
  rds-password-audit prevent scp --test-plan
  rds-password-audit prevent guard --policy policy.yaml --output passwords.guard
  rds-password-audit prevent guard --policy policy.yaml --tests --output passwords-tests.yaml
  rds-password-audit prevent hook --policy policy.yaml --output hook.yaml`;

/** `prevent`: generates what enforces the policy before a database exists. */
export function addPrevent(program: Command, io: Io, end: (status: number) => void): void {
  program
    .command("prevent")
    .description("generate what keeps databases from being created without a managed password")
    .argument("<means>", means.join(", "), oneOf("prevent", means))
    .addOption(policyOption("policy file, YAML or JSON (default: built-in rules, any key)"))
    .addOption(
      new Option(
        "--exempt-role <arn...>",
        "scp and iam-policy: roles that may turn management off, by ARN or pattern, as repairs do",
      ).argParser(listOf("--exempt-role")),
    )
    .option("--test-plan", "scp and iam-policy: print AWS CLI commands that try the policy in a sandbox account")
    .option("--tests", "guard: print unit tests of the rules for cfn-guard test")
    .option("-o, --output <file>", "write to a file; several policies get a number each (default: standard output)")
    .addHelpText("after", examples)
    .action(async (name: Means, options: PreventOptions) => end(await prevent(name, options, io)));
}

async function prevent(name: Means, options: PreventOptions, io: Io): Promise<number> {
  checkOptions(name, options);
  const policy = await readPolicy(options.policy);
  if (options.output !== undefined) await checkWritable(options.output, "--output", [options.policy]);
  const { texts, notes } = generate(name, policy, options, io);
  await writeTexts(texts, options.output, io);
  for (const note of notes) await write(io.stderr, `${toPrintable(note)}\n`);
  return exitStatus.clean;
}

function generate(name: Means, policy: Policy, options: PreventOptions, io: Io): Generated {
  if (name === "guard") return generateGuard(policy, options, io);
  return name === "hook" ? generateHook(policy, io) : generatePolicies(name, policy, options, io);
}

function checkOptions(name: Means, { exemptRole = [], testPlan, tests }: PreventOptions): void {
  const isOfTemplates = name === "guard" || name === "hook";
  if (name === "guard" && testPlan) throw new UsageError("guard has no --test-plan: --tests prints its unit tests.");
  if (name === "hook" && (testPlan || tests))
    throw new UsageError("hook has nothing to try it with: deploy it with FailureMode=WARN, which stops nothing.");
  if (isOfTemplates && exemptRole.length > 0)
    throw new UsageError(`${name} takes no --exempt-role: a template does not name who deploys it.`);
  if (!isOfTemplates && tests)
    throw new UsageError(`${name} has no --tests: --test-plan prints commands to try it with.`);
  for (const role of exemptRole) {
    const { service, resource } = parseArn(role) ?? {};
    if (service !== "iam" || !resource?.startsWith("role/"))
      throw new UsageError(
        `--exempt-role takes the ARN of an IAM role, which may have *, as in arn:aws:iam::*:role/rds-password-audit-*, not "${role}".`,
      );
  }
}

function generateGuard(policy: Policy, { tests }: PreventOptions, io: Io): Generated {
  const requirements = toRequirements(policy, io.now().toISOString());
  const make = tests ? makeGuardTests : makeGuardRules;
  return { texts: [make(requirements, policy.support)], notes: tests ? [] : listUnexpressed("guard", requirements) };
}

/** The template is the same for every policy, which is in the package of the function. */
function generateHook(policy: Policy, io: Io): Generated {
  const { rulesOff } = policy;
  if ([managementRule, keyRule, passwordRule.id].every((rule) => rulesOff.includes(rule)))
    throw new UsageError(
      `The policy turns off ${managementRule}, ${keyRule} and ${passwordRule.id}, so there is nothing that the hook can judge.`,
    );
  return {
    texts: [
      `# Generated by rds-password-audit prevent hook. docs/prevention.md says how to deploy it.\n${stringify(hookTemplate(), { aliasDuplicateObjects: false, lineWidth: 0, version: "1.1" })}`,
    ],
    notes: [packageNote, ...listUnexpressed("hook", toRequirements(policy, io.now().toISOString()))],
  };
}

const packageNote =
  "The policy is in the package of the function, not in this template: package it with the same policy, and again after each change of the policy.";

function generatePolicies(name: PolicyMeans, policy: Policy, options: PreventOptions, io: Io): Generated {
  if (options.testPlan) return { texts: [makeTestPlan()], notes: [] };
  const requirements = toRequirements(policy, io.now().toISOString());
  if (!requirements.management)
    throw new UsageError(`The policy turns off ${managementRule}, so there is nothing that ${name} can enforce.`);
  const { exemptRole = [] } = options;
  const documents = toDocuments(name, makeStatements(name, requirements, exemptRole));
  return {
    texts: documents.map((document) => renderDocument(name, document)),
    notes: [
      ...(documents.length > 1 ? [`AWS's size limit needs ${documents.length} policies: attach all of them.`] : []),
      ...(name === "scp" && documents.length > maxAttached - 1
        ? [
            `An account or organizational unit takes ${maxAttached} SCPs, FullAWSAccess included: attach them at several levels.`,
          ]
        : []),
      ...(exemptRole.length === 0 ? [noExemptPrincipal] : []),
      ...listUnexpressed(name, requirements),
      ...listPitfalls(name),
    ],
  };
}

/** Several texts go to files with numbers, or one after another to standard output. */
async function writeTexts(texts: readonly string[], output: string | undefined, io: Io): Promise<void> {
  if (output === undefined) return write(io.stdout, texts.join(""));
  for (const [index, text] of texts.entries()) {
    const file = texts.length === 1 ? output : numbered(output, index + 1);
    await writeWhole(file, text);
    await write(io.stderr, `Written: ${file}\n`);
  }
}

function numbered(file: string, number: number): string {
  const extension = extname(file);
  return join(dirname(file), `${basename(file, extension)}-${number}${extension}`);
}
