import { defaultPolicy } from "../lib/model/default-policy.ts";
import { type Policy, parsePolicy } from "../lib/model/policy.ts";
import { rules } from "../rules/index.ts";
import { readText } from "./files.ts";

/** The policy that the user named, or the default one. Throws a UsageError of one sentence. */
export async function readPolicy(file: string | undefined): Promise<Policy> {
  if (file === undefined) return defaultPolicy;
  return parsePolicy(
    await readText(file),
    file,
    rules.map(({ id }) => id),
  );
}
