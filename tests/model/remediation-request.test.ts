import { expect, test } from "@jest/globals";
import { toRequestDatabase } from "../../lib/model/remediation-request.ts";
import { account, aPlainDatabase, region } from "../support/builders.ts";

test("an order names its database, and nothing else of it", () => {
  const { arn, kind, identifier, resourceId } = aPlainDatabase();
  expect(toRequestDatabase(aPlainDatabase())).toEqual({ arn, kind, identifier, resourceId, account, region });
});
