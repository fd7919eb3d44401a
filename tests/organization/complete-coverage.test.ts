import { expect, test } from "@jest/globals";
import { completeCoverage } from "../../lib/organization/complete-coverage.ts";

const expected = (account: string) => ({ account, name: `name of ${account}`, unread: null });

test("an account whose worker ended without a result is a gap, never clean", () => {
  const results = [{ account: "111111111111" }];
  expect(completeCoverage([expected("111111111111"), expected("222222222222")], results)).toEqual({
    unread: [],
    gaps: [
      {
        account: "222222222222",
        region: "*",
        action: "rds-password-audit:ReadAccount",
        code: "NoResult",
        message: "The account has no result: reading it ended before its end.",
        resource: null,
      },
    ],
  });
});

test("an account that is not read has its decision as its outcome", () => {
  const decision = { outcome: "account-not-active", reason: "SUSPENDED" } as const;
  expect(completeCoverage([{ ...expected("111111111111"), unread: decision }], [])).toEqual({
    unread: [{ account: "111111111111", region: "*", ...decision }],
    gaps: [],
  });
});
