import { UsageError } from "../../model/errors.ts";
import { get, isRecord, textOf } from "../json-value.ts";

/** A plan of Terraform or OpenTofu, as `terraform show -json` writes it. */
export type TerraformPlan = {
  readonly file: string;
  readonly root: Readonly<Record<string, unknown>>;
  /** The line that has the address of a resource; null if it is not found. */
  readonly lineOf: (address: string) => number | null;
};

/** Reads a plan; null if the text is something else, such as a template. Throws a UsageError for a plan that cannot be judged. */
export function parsePlan(text: string, file: string): TerraformPlan | null {
  if (!text.trimStart().startsWith("{")) return null;
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return null;
  }
  const version = get(root, "format_version");
  if (!isRecord(root) || version === undefined || get(root, "Resources") !== undefined) return null;
  if (!/^[01]\.\d+$/.test(textOf(version)))
    throw new UsageError(
      `${file} has format_version ${JSON.stringify(version)}; this version reads plans of format 0.x and 1.x.`,
    );
  if (!Array.isArray(get(root, "resource_changes")) && get(root, "planned_values") === undefined)
    throw new UsageError(
      `${file} is a Terraform state or another output, not a plan: run terraform plan -out FILE, then terraform show -json FILE.`,
    );
  const lines = indexLines(text);
  return { file, root, lineOf: (address) => lines.get(JSON.stringify(address)) ?? null };
}

/** The first line of each address, found in one pass, because a plan can have tens of thousands in tens of megabytes. */
function indexLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let line = 1;
  for (const [whole, address] of text.matchAll(/\n|"address":\s*("(?:[^"\\]|\\.)*")/g)) {
    if (whole === "\n") line += 1;
    else if (address !== undefined && !lines.has(address)) lines.set(address, line);
  }
  return lines;
}
