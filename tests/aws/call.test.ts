import { expect, test } from "@jest/globals";
import { pages } from "../../lib/aws/call.ts";
import type { AwsCallError } from "../../lib/model/errors.ts";

type Page = { readonly items: readonly string[]; readonly Marker?: string; readonly NextToken?: string };

/** The items of a list that is read as far as it goes, and the code of what ended it. */
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

test.each(["Marker", "NextToken"])("a list ends with the page that has no %s", async (token) => {
  const answers = [{ items: ["a"], [token]: "1" }, { items: ["b"], [token]: "2" }, { items: ["c"] }];
  expect(await read(...answers)).toEqual([["a", "b", "c"], null]);
});

test.each(["Marker", "NextToken"])("a page whose %s leads to itself ends the list as a failed call", async (token) => {
  const answers = ["a", "b", "b", "b"].map((item) => ({ items: [item], [token]: item }));
  expect(await read(...answers)).toEqual([["a", "b", "b"], "RepeatedPageToken"]);
});

test("an empty token is none", async () => {
  expect(await read({ items: ["a"], Marker: "" }, { items: ["b"], Marker: "" })).toEqual([["a", "b"], null]);
});
