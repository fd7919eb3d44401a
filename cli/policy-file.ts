import { Option } from "commander";
import { defaultPolicy } from "../lib/model/default-policy.ts";
import { type Policy, parsePolicy } from "../lib/model/policy.ts";
import { rules } from "../rules/index.ts";
import { readText } from "./files.ts";
import { nonEmpty } from "./option-values.ts";

/** In MB. Parsing YAML takes seconds per MB. */
const maxSize = 1;

/** The option that names the policy file. */
export function policyOption(description: string): Option {
  return new Option("--policy <file>", description).argParser(nonEmpty("--policy"));
}

/** Reads the policy file, or answers with the default policy. Throws a UsageError with one line for each mistake. */
export async function readPolicy(file: string | undefined): Promise<Policy> {
  if (file === undefined) return defaultPolicy;
  return parsePolicy(
    await readText(file, maxSize),
    file,
    rules.map(({ id }) => id),
  );
}
