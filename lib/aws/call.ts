import { isServerError, isThrottlingError, isTransientError } from "@smithy/core/retry";
import { AwsCallError } from "../model/errors.ts";
import { isDeadlineExceeded } from "./time-limit.ts";

/** The code of an SDK error: AWS's, or the network's if there was no answer. */
export function toCode(error: unknown): string {
  if (!(error instanceof Error)) return "UnknownError";
  return findCode(error) ?? error.name;
}

/** Names that say nothing about the failure: the error's code does, or its cause. */
const generalNames = ["Error", "AggregateError", "TypeError"];

function findCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, code, cause, errors = [] } = error as Error & { readonly code?: unknown; readonly errors?: unknown[] };
  const ownCode = typeof code === "string" ? code : undefined;
  // The SDK gives a dropped connection the name of a timeout.
  if (name === "TimeoutError" && ownCode !== "ETIMEDOUT") return ownCode ?? name;
  if (!generalNames.includes(name)) return name;
  return ownCode ?? [cause, ...errors].map(findCode).find((found) => found !== undefined);
}

/** The message of an SDK error on one line; empty for some network errors. */
export function toMessage(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(/\s+/g, " ").trim() : String(error);
}

/** The code of an answer that the SDK cannot parse, such as a page of HTML. */
export const unreadableAnswer = "UnreadableAnswer";

/** What the SDK adds to the message if it cannot parse an answer: advice for those who program with it. */
const sdkHint = /Deserialization error: to see the raw response/;

/** Adds the IAM action to an error of the SDK, and whether the call may succeed later. */
export function toCallError(action: string, error: unknown): AwsCallError {
  if (error instanceof AwsCallError) return error;
  const text = toMessage(error);
  const isUnreadable = sdkHint.test(text);
  const code = isUnreadable ? unreadableAnswer : toCode(error);
  const message = isUnreadable
    ? "the answer is not in the format of AWS: check for a proxy between here and AWS"
    : text || `the call failed with ${code}`;
  return new AwsCallError(action, code, message, { isTransient: isTransient(error) });
}

/** The SDK's own classification, except for a quota, which it counts as throttling: waiting does not raise a quota. */
function isTransient(error: unknown): boolean {
  if (isDeadlineExceeded(error)) return true;
  if (!(error instanceof Error) || error.name === "LimitExceededException") return false;
  const sdkError = error as Parameters<typeof isTransientError>[0];
  return isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError);
}

/** Waits for a call. Throws an AwsCallError if it fails. */
export async function call<T>(action: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toCallError(action, error);
  }
}

/** RDS calls the token of the next page `Marker`, Secrets Manager `NextToken`, and KMS `NextMarker`. */
type PageToken = { readonly [name in "Marker" | "NextToken" | "NextMarker"]?: string | undefined };

/**
 * Reads a list page by page. Throws an AwsCallError that names the IAM action if a call fails, if a page carries no list (a proxy's page, an
 * empty body), or if a page token repeats, because such a list has no end.
 */
export async function* pages<Page extends PageToken, Item>(
  action: string,
  paginator: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): AsyncGenerator<readonly Item[]> {
  try {
    let requested: string | undefined;
    for await (const page of paginator) {
      yield required(action, itemsOf(page));
      const next = page.Marker ?? page.NextToken ?? page.NextMarker;
      if (next && next === requested)
        throw new AwsCallError(action, "RepeatedPageToken", "AWS returned the page token that it was asked for");
      requested = next;
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
