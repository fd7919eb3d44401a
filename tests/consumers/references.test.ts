import { describe, expect, test } from "@jest/globals";
import { createReferencePredicate } from "../../lib/consumers/references.ts";

const secretArn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds!db-0a1b2c3d-AbCdEf";
const refers = createReferencePredicate({ region: "eu-west-1", names: ["orders", "orders-1"], secretArn });

describe("a text refers to the database if it contains", () => {
  test.each([
    ["the endpoint of a DB instance", "orders.c0ffee123456.eu-west-1.rds.amazonaws.com"],
    ["the endpoint of a DB cluster", "orders.cluster-c0ffee123456.eu-west-1.rds.amazonaws.com:3306"],
    ["its reader endpoint", "mysql://orders.cluster-ro-c0ffee123456.eu-west-1.rds.amazonaws.com/shop"],
    ["the endpoint of a member", "orders-1.c0ffee123456.eu-west-1.rds.amazonaws.com"],
    ["an endpoint in another case", "ORDERS.C0FFEE123456.EU-WEST-1.RDS.AMAZONAWS.COM"],
    ["an endpoint after a password", "postgres://master:x@orders.c0ffee123456.eu-west-1.rds.amazonaws.com"],
    ["the secret's ARN", `{"secret":"${secretArn}"}`],
    ["the secret's ARN without its suffix", secretArn.slice(0, -7)],
    ["a key of the secret", `${secretArn}:password::`],
    ["the secret's name", "rds!db-0a1b2c3d"],
  ])("%s", (_case, text) => expect(refers(text)).toBe(true));

  test.each([
    ["the endpoint of a database whose name ends alike", "big-orders.c0ffee123456.eu-west-1.rds.amazonaws.com"],
    ["the endpoint of a database whose name begins alike", "orders-2.c0ffee123456.eu-west-1.rds.amazonaws.com"],
    ["an endpoint in another Region", "orders.c0ffee123456.us-east-1.rds.amazonaws.com"],
    ["only the name", "orders"],
    ["another host", "orders.example.com"],
    ["another secret", "rds!db-ffffffff"],
    ["nothing", ""],
  ])("not: %s", (_case, text) => expect(refers(text)).toBe(false));

  test("an endpoint in China", () => {
    const inChina = createReferencePredicate({ region: "cn-north-1", names: ["orders"], secretArn: null });
    expect(inChina("orders.c0ffee123456.rds.cn-north-1.amazonaws.com.cn")).toBe(true);
    expect(inChina("rds!db-0a1b2c3d")).toBe(false);
  });
});
