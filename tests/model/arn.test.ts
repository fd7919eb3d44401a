import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { makeArn, parseArn, toResourceName } from "../../lib/model/arn.ts";

test.each([
  ["arn:aws:rds:eu-west-1:123456789012:db:orders", ["aws", "rds", "eu-west-1", "123456789012", "db:orders"]],
  ["arn:aws-cn:sns:cn-north-1:123456789012:alerts", ["aws-cn", "sns", "cn-north-1", "123456789012", "alerts"]],
  ["arn:aws:lambda:eu-west-1:1:function:audit:7", ["aws", "lambda", "eu-west-1", "1", "function:audit:7"]],
  ["arn:aws:iam::123456789012:role/audit", ["aws", "iam", "", "123456789012", "role/audit"]],
  ["arn:aws:s3:::reports", ["aws", "s3", "", "", "reports"]],
])("parses %s", (text, [partition, service, region, account, resource]) => {
  expect(parseArn(text)).toEqual({ partition, service, region, account, resource });
});

test.each([
  ...[
    "",
    "orders",
    "alias/orders",
    "arn",
    "arn:aws",
    "arn:aws:rds",
    "arn:aws:rds:eu-west-1",
    "arn:aws:rds:eu-west-1:1",
  ],
  ...["arn::rds:eu-west-1:1:db:orders", "arn:aws::eu-west-1:1:db:orders", "ARN:aws:rds:eu-west-1:1:db:orders"],
])("returns null for %p", (text) => {
  expect(parseArn(text)).toBeNull();
});

test("makes the ARN that it parsed, and never throws", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.string()).map((parts) => ["arn", ...parts].join(":")),
      ),
      (text) => {
        const arn = parseArn(text);
        if (arn !== null) expect(makeArn(arn)).toBe(text);
      },
    ),
  );
});

test.each([
  ["arn:aws:rds:eu-west-1:123456789012:db:orders", "orders"],
  ["arn:aws:lambda:eu-west-1:1:function:audit:7", "7"],
  ["orders", "orders"],
  ["", ""],
])("the resource name of %p is %p", (text, name) => {
  expect(toResourceName(text)).toBe(name);
});
