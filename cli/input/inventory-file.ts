import { UsageError } from "../../lib/model/errors.ts";
import { type Inventory, inventorySchema } from "../../lib/model/inventory.ts";
import type { Io } from "../io.ts";
import { readText, readTextStream } from "../output/files.ts";

/** In MB. A JavaScript string holds at most 536 million characters. */
const maxSize = 500;

/** Reads an inventory that `audit --save-inventory` saved; `-` is standard input. Throws a UsageError of one sentence. */
export async function readInventory(path: string, { stdin }: Pick<Io, "stdin">): Promise<Inventory> {
  const file = path === "-" ? "standard input" : path;
  const text = await (path === "-" ? readTextStream(stdin, file, maxSize) : readText(file, maxSize));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not an inventory: it is not JSON.`);
  }
  const version = typeof value === "object" && value !== null && "schemaVersion" in value ? value.schemaVersion : null;
  const parsed = inventorySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  if (typeof value === "object" && value !== null && "findings" in value)
    throw new UsageError(`${file} is a report, not an inventory: save one with audit --save-inventory.`);
  if (version !== null && !inventorySchema.shape.schemaVersion.safeParse(version).success)
    throw new UsageError(`${file} has schemaVersion ${JSON.stringify(version)}; this version reads "1.0".`);
  const [issue] = parsed.error.issues;
  const location =
    version === null || issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new UsageError(`${file} is not a valid inventory${location}: save one with audit --save-inventory.`);
}
