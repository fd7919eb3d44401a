import { expect, test } from "@jest/globals";
import { toConsoleLink } from "../../lib/aws/open-bucket.ts";

test.each([
  ["eu-west-1", "eu-west-1.console.aws.amazon.com"],
  ["us-gov-west-1", "console.amazonaws-us-gov.com"],
  ["cn-north-1", "console.amazonaws.cn"],
])("the console of %s is at %s", (region, host) => {
  expect(toConsoleLink(region, "reports", "reports/2026/11/24/a-1.html")).toBe(
    `https://${host}/s3/object/reports?region=${region}&prefix=reports/2026/11/24/a-1.html`,
  );
});
