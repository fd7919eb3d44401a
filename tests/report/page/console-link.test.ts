import { expect, test } from "@jest/globals";
import { toConsoleLink } from "../../../lib/report/page/console-link.ts";

const instance = "AWS::RDS::DBInstance";

test.each([
  [
    "an instance",
    { type: instance, identifier: "orders" },
    "eu-west-1",
    "https://eu-west-1.console.aws.amazon.com/rds/home?region=eu-west-1#database:id=orders;is-cluster=false",
  ],
  [
    "a cluster",
    { type: "AWS::RDS::DBCluster", identifier: "shop" },
    "us-gov-west-1",
    "https://console.amazonaws-us-gov.com/rds/home?region=us-gov-west-1#database:id=shop;is-cluster=true",
  ],
  [
    "a tenant database: its container",
    { type: "AWS::RDS::TenantDatabase", identifier: "erp/SALES" },
    "eu-west-1",
    "https://eu-west-1.console.aws.amazon.com/rds/home?region=eu-west-1#database:id=erp;is-cluster=false",
  ],
  [
    "an identifier with markup",
    { type: instance, identifier: `"><a&;` },
    "eu-west-1",
    "https://eu-west-1.console.aws.amazon.com/rds/home?region=eu-west-1#database:id=%22%3E%3Ca%26%3B;is-cluster=false",
  ],
])("%s", (_, database, region, link) => {
  expect(toConsoleLink(database, region)).toBe(link);
});

test.each(["", "evil.example/", "eu-west-1.evil.example/", "*"])("no link for the Region %p", (region) => {
  expect(toConsoleLink({ type: instance, identifier: "orders" }, region)).toBeNull();
});
