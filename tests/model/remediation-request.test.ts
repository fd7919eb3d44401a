import { expect, test } from "@jest/globals";
import { toOrdered } from "../../lib/model/remediation-request.ts";
import { account, aPlainDatabase, region } from "../support/builders.ts";

test("an order names its database, and nothing else of it", () => {
  const { arn, kind, identifier, resourceId } = aPlainDatabase();
  expect(toOrdered(aPlainDatabase())).toEqual({ arn, kind, identifier, resourceId, account, region });
});
