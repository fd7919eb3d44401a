import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isGlob, matchesGlob } from "../../lib/model/glob.ts";

describe("a name matches a glob", () => {
  test.each([
    ["orders", "orders"],
    ["orders", "ORDERS"],
    ["orders", "*"],
    [".hidden", "*"],
    ["prod-orders", "prod-*"],
    ["orders-1", "orders-?"],
    ["orders-a", "orders-[ab]"],
    ["orders-c", "orders-[!ab]"],
    ["dev-orders", "[!p]*"],
    ["dev-orders", "[^p]*"],
    ["orders", "{orders,ledger}"],
    ["erp/PDB1", "erp/PDB1"],
    ["erp/PDB1", "erp/*"],
  ])("%s: %s", (name, glob) => {
    expect(matchesGlob(name, glob)).toBe(true);
  });

  test.each(["*", "erp*", "*PDB1"])("a star matches a tenant database with its container: %s", (glob) => {
    expect(matchesGlob("erp/PDB1", glob)).toBe(true);
  });

  test.each([
    ["orders", "order"],
    ["orders", "ders"],
    ["orders", "!ledger"],
    ["ordersX1", "orders?.1"],
    ["aXb", "a.b"],
    ["orders", "orders-*"],
    ["prod-orders", "[!p]*"],
    ["PROD-orders", "[!p]*"],
    ["prod-orders", "[^p]*"],
    ["!prod", "[!!]*"],
  ])("%s does not: %s", (name, glob) => {
    expect(matchesGlob(name, glob)).toBe(false);
  });
});

describe("a valid glob", () => {
  test.each(["*", "prod-*", "[ab]", "{a,b}", "a.b"])("%s", (glob) => {
    expect(isGlob(glob)).toBe(true);
  });

  test.each(["", "[a", "{a", "(a"])("not %j", (glob) => {
    expect(isGlob(glob)).toBe(false);
  });

  test("never throws when it is matched", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, glob) => {
        if (isGlob(glob)) matchesGlob(name, glob);
      }),
    );
  });
});
