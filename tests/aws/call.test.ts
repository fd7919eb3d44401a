import { describe, expect, test } from "@jest/globals";
import { pages, toCallError } from "../../lib/aws/call.ts";
import type { AwsCallError } from "../../lib/model/errors.ts";

type Page = { readonly items: readonly string[]; readonly Marker?: string; readonly NextToken?: string };

/** The items of a list until it ends, and the code of the error that ends it. */
async function read(...answers: readonly Page[]): Promise<[items: string[], code: string | null]> {
  const items: string[] = [];
  async function* paginator() {
    yield* answers;
  }
  try {
    for await (const page of pages("rds:DescribeDBInstances", paginator(), (page) => page.items)) items.push(...page);
    return [items, null];
  } catch (error) {
    expect((error as AwsCallError).action).toBe("rds:DescribeDBInstances");
    return [items, (error as AwsCallError).code];
  }
}

test.each(["Marker", "NextToken"])("a list ends with the page without %s", async (token) => {
  const answers = [{ items: ["a"], [token]: "1" }, { items: ["b"], [token]: "2" }, { items: ["c"] }];
  expect(await read(...answers)).toEqual([["a", "b", "c"], null]);
});

test.each(["Marker", "NextToken"])("a page whose %s leads to itself fails the call", async (token) => {
  const answers = ["a", "b", "b", "b"].map((item) => ({ items: [item], [token]: item }));
  expect(await read(...answers)).toEqual([["a", "b", "b"], "RepeatedPageToken"]);
});

test("an empty token ends the list", async () => {
  expect(await read({ items: ["a"], Marker: "" }, { items: ["b"], Marker: "" })).toEqual([["a", "b"], null]);
});

/** An error as the SDK throws it: AWS's code is its name; a network error has a code of its own and no answer. */
const answered = (name: string, httpStatusCode: number) =>
  Object.assign(new Error("No."), { name, $metadata: { httpStatusCode } });
const unanswered = (code: string) => Object.assign(new Error("No."), { code });
test("an answer that the SDK cannot parse is said in plain words", () => {
  const error = new SyntaxError(
    "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON\n  Deserialization error: to see the raw response, inspect the hidden field {error}.$response on this object.",
  );
  expect(toCallError("account:ListRegions", error)).toMatchObject({
    code: "UnreadableAnswer",
    message: "the answer is not in the format of AWS: check for a proxy between here and AWS",
  });
});

const isTransient = (error: Error) => toCallError("rds:ModifyDBInstance", error).isTransient;

describe("the code of a failed call", () => {
  const codeOf = (error: unknown) => toCallError("rds:DescribeDBInstances", error).code;
  const withCause = (cause: unknown) => new Error("No.", { cause });

  test.each([
    ["AWS's own", answered("AccessDenied", 403), "AccessDenied"],
    ["a timeout", Object.assign(unanswered("ETIMEDOUT"), { name: "TimeoutError" }), "TimeoutError"],
    ["a dropped connection", Object.assign(unanswered("ECONNRESET"), { name: "TimeoutError" }), "ECONNRESET"],
    ["a connection that is dropped during the answer", unanswered("ECONNRESET"), "ECONNRESET"],
    ["that of the cause", withCause(unanswered("ECONNRESET")), "ECONNRESET"],
    ["the name of the cause", withCause(Object.assign(new Error("No."), { name: "TimeoutError" })), "TimeoutError"],
    ["that of the cause of the cause", withCause(withCause(unanswered("EPIPE"))), "EPIPE"],
    [
      "that of a request whose cause is the network",
      new TypeError("No.", { cause: unanswered("ENOTFOUND") }),
      "ENOTFOUND",
    ],
    ["that of the first of several", new AggregateError([unanswered("ECONNREFUSED")]), "ECONNREFUSED"],
    ["none", new Error("No."), "Error"],
    ["none, of a defect", new TypeError("No."), "TypeError"],
  ])("is %s", (_, error, code) => {
    expect(codeOf(error)).toBe(code);
  });
});

describe("a failed call is transient", () => {
  test.each([
    ...["Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "EC2ThrottledException"],
    ...["TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "RequestTimeout", "RequestTimeoutException"],
  ])("if AWS answers %s", (code) => {
    expect(isTransient(answered(code, 400))).toBe(true);
  });

  test.each([
    ["Throttled", 429],
    ...["InternalFailure", "InternalError", "InternalErrorException", "InternalServerError"].map((one) => [one, 500]),
    ...["InternalServerException", "InternalServiceError", "KMSInternalException"].map((one) => [one, 500]),
    ["ServiceUnavailable", 503],
    ["ServiceUnavailableException", 503],
    ["DependencyTimeoutException", 503],
    ["HttpVersionNotSupported", 505],
  ] as [string, number][])("if AWS answers %s with status %i", (code, status) => {
    expect(isTransient(answered(code, status))).toBe(true);
  });

  test.each([
    ...["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"],
  ])("if the network fails with %s", (code) => {
    expect(isTransient(unanswered(code))).toBe(true);
    expect(isTransient(Object.assign(new AggregateError([]), { code }))).toBe(true);
  });

  test("if no answer comes in time", () => {
    expect(isTransient(Object.assign(new Error("No."), { name: "TimeoutError" }))).toBe(true);
  });
});

describe("a failed call is permanent", () => {
  test.each([
    ...["AccessDenied", "AccessDeniedException", "ExpiredTokenException", "InvalidDBInstanceState"],
    ...["DBInstanceNotFound", "InvalidParameterCombination", "KMSKeyNotAccessibleFault", "LimitExceededException"],
    ...["EncryptionFailure", "UnknownError", ""],
  ])("if AWS answers %p", (code) => {
    expect(isTransient(answered(code, 400))).toBe(false);
  });

  test.each(["ENOENT", "CERT_HAS_EXPIRED"])("if it fails with %s before it is sent", (code) => {
    expect(isTransient(unanswered(code))).toBe(false);
  });

  test("if something else is thrown", () => {
    expect(toCallError("rds:ModifyDBInstance", "Throttling").isTransient).toBe(false);
  });
});
