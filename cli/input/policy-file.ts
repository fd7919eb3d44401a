import { Option } from "commander";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { type Policy, parsePolicy } from "../../lib/model/policy.ts";
import type { ReportRequest } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import { readHashedText } from "../output/files.ts";
import { nonEmpty } from "./option-values.ts";

/** In MB. Parsing YAML takes seconds per MB. */
const maxSize = 1;

/** The option that names the policy file. */
export function policyOption(description: string): Option {
  return new Option("--policy <file>", description).argParser(nonEmpty("--policy"));
}

/** Reads the policy file, or answers with the default policy. Throws a UsageError with one line for each mistake. */
export async function readPolicy(file: string | undefined): Promise<Policy> {
  return (await readPolicyFile(file)).policy;
}

/** Reads the policy as `readPolicy`, and says for the report where it comes from. */
export async function readPolicyFile(
  file: string | undefined,
): Promise<{ readonly policy: Policy; readonly source: ReportRequest["policy"] }> {
  if (file === undefined) return { policy: defaultPolicy, source: null };
  const { text, sha256 } = await readHashedText(file, maxSize);
  const ids = rules.map(({ id }) => id);
  return { policy: parsePolicy(text, file, ids), source: { file, sha256 } };
}
