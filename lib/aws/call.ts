import { AwsCallError } from "../model/errors.ts";

/** What an error of the SDK tells: AWS's code, or the network's where AWS did not answer. */
export function toCode(error: unknown): string {
  if (!(error instanceof Error)) return "UnknownError";
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return error.name === "Error" || error.name === "AggregateError" ? (code ?? error.name) : error.name;
}

/** The SDK's own sentence, in one line; some network errors have none. */
function toMessage(error: unknown): string {
  const message = error instanceof Error ? error.message.replaceAll(/\s+/g, " ").trim() : String(error);
  return message === "" ? `the call failed with ${toCode(error)}` : message;
}

/** Names the IAM action of a call that failed. */
export function toCallError(action: string, error: unknown): AwsCallError {
  return error instanceof AwsCallError ? error : new AwsCallError(action, toCode(error), toMessage(error));
}

/** Waits for a call, and names its IAM action where it fails. */
export async function call<T>(action: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toCallError(action, error);
  }
}

/**
 * Reads a list page by page. Throws an AwsCallError that names the IAM action if a call fails, if a page carries no list (a proxy's page, an
 * empty body), or if a page token repeats, because such a list has no end.
 */
export async function* pages<Page extends { Marker?: string | undefined; NextToken?: string | undefined }, Item>(
  action: string,
  paginator: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): AsyncGenerator<readonly Item[]> {
  try {
    let asked: string | undefined;
    for await (const page of paginator) {
      yield required(action, itemsOf(page));
      const next = page.Marker ?? page.NextToken;
      if (next && next === asked)
        throw new AwsCallError(action, "RepeatedPageToken", "AWS answered a page token with the same token");
      asked = next;
    }
  } catch (error) {
    throw toCallError(action, error);
  }
}

/** The result that an answer carries. Throws an AwsCallError if it carries none: the SDK reads a page of HTML with status 200 as an empty answer. */
export function required<T>(action: string, result: T | undefined): T {
  if (result !== undefined) return result;
  throw new AwsCallError(action, "EmptyAnswer", "the answer carries no result: check for a proxy between here and AWS");
}
