import type * as z from "zod/mini";

/** What is kept from one run to the next as a file of JSON, in S3 or on a disk. */
export type StoredFile<T> = {
  /** As in `ledger.json`. */
  readonly name: string;
  /** What messages call it. */
  readonly what: string;
  readonly schema: z.ZodMiniType<T>;
  /** What is known before the file is written for the first time. */
  readonly empty: T;
  /** What to do where it cannot be read, as the end of a sentence. */
  readonly whatToDo: string;
};

/** Reads a stored file's text. One that cannot be read throws a sentence that names its place and what to do: it is never taken for empty. */
export function parseStoredFile<T>({ what, schema, whatToDo }: StoredFile<T>, text: string, location: string): T {
  const value = parseJson(text);
  if (value === undefined) throw new Error(`${location} is no ${what}, it is not JSON: ${whatToDo}`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new Error(`${location} is no ${what}${where} (${issue?.message ?? "unknown"}): ${whatToDo}`);
}

/** What is no JSON is undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
