import { describe, expect, test } from "@jest/globals";
import { exemptionOf, isInForce } from "../../lib/audit/exempt.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { aPlainDatabase, aPolicy, now } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

const database = aPlainDatabase();
const entry = (overrides: Partial<Policy["exemptions"][number]> = {}): Policy["exemptions"][number] => ({
  match: { identifier: ["orders"] },
  owner: "ann",
  reason: "legacy",
  until: "2026-12-31",
  ...overrides,
});
const exempting = (...exemptions: Policy["exemptions"]) => deepFreeze(aPolicy({ exemptions }));
const stateOf = (policy: Policy, tags: Record<string, string> = {}, rule = "rotation-enabled") =>
  exemptionOf({ ...database, tags }, rule, policy, now);
const none = { active: null, ended: null, ignored: null };

describe("the last day of an exemption", () => {
  const { owner, reason, until } = entry({ until: "2026-11-24" });
  const exemption = { owner, reason, until, source: "policy" as const };

  test.each([
    ["2026-11-23T23:59:59.999Z", true],
    ["2026-11-24T00:00:00.000Z", true],
    ["2026-11-24T23:59:59.999Z", true],
    ["2026-11-25T00:00:00.000Z", false],
    ["2027-01-01T00:00:00.000Z", false],
  ])("at %s, until the 24th: %s", (instant, active) => {
    expect(isInForce(exemption, instant)).toBe(active);
  });
});

describe("an exemption by the policy", () => {
  test("that covers the database applies", () => {
    expect(stateOf(exempting(entry()))).toEqual({
      ...none,
      active: { owner: "ann", reason: "legacy", until: "2026-12-31", source: "policy" },
    });
  });

  test("of another database does not apply", () => {
    expect(stateOf(exempting(entry({ match: { identifier: ["ledger"] } })))).toEqual(none);
  });

  test("from certain rules applies only to those", () => {
    const policy = exempting(entry({ rules: ["rotation-enabled", "secret-not-stuck"] }));
    expect(stateOf(policy, {}, "secret-not-stuck").active).not.toBeNull();
    expect(stateOf(policy, {}, "secret-key-usable")).toEqual(none);
  });

  test("that ended yesterday is reported", () => {
    expect(stateOf(exempting(entry({ until: "2026-11-23" })))).toEqual({
      ...none,
      ended: { owner: "ann", reason: "legacy", until: "2026-11-23", source: "policy" },
    });
  });

  test("that ends last wins, in any order", () => {
    const entries = ["2026-11-30", "2027-05-31", "2026-11-01"].map((until) => entry({ until, owner: until }));
    for (const policy of [exempting(...entries), exempting(...entries.toReversed())])
      expect(stateOf(policy).active?.owner).toBe("2027-05-31");
  });

  test("that ended last is reported", () => {
    const entries = ["2026-11-01", "2026-11-20"].map((until) => entry({ until }));
    expect(stateOf(exempting(...entries)).ended?.until).toBe("2026-11-20");
  });

  test("that comes first wins if several end on the same day", () => {
    expect(
      stateOf(exempting(entry({ owner: "ann" }), entry({ owner: "bob" }), entry({ owner: "cy" }))).active?.owner,
    ).toBe("ann");
  });
});

describe("an exemption by tags", () => {
  const owner = "rds-password-audit:exempt-owner";
  const reason = "rds-password-audit:exempt-reason";
  const until = "rds-password-audit:exempt-until";
  const tags = { [owner]: "bob", [reason]: "migration", [until]: "2026-12-24" };
  const allowed = aPolicy({ exemptionTags: true });

  test("applies to every rule if the policy allows it", () => {
    const active = { owner: "bob", reason: "migration", until: "2026-12-24", source: "tags" };
    expect(stateOf(allowed, tags)).toEqual({ ...none, active });
    expect(stateOf(allowed, tags, "secret-key-usable")).toEqual({ ...none, active });
  });

  test("does not count if the policy does not allow it", () => {
    expect(stateOf(aPolicy(), tags)).toEqual(none);
    expect(stateOf(aPolicy(), { [owner]: "bob" })).toEqual(none);
  });

  test("does not count without the exemption tags", () => {
    expect(stateOf(allowed, { owner: "bob", "exempt-until": "2026-12-24" })).toEqual(none);
  });

  test("ends", () => {
    expect(stateOf(allowed, { ...tags, [until]: "2026-11-23" })).toMatchObject({
      active: null,
      ended: { source: "tags" },
    });
  });

  test.each([
    [{ [owner]: "bob", [reason]: "migration" }, `an exemption also needs the tag ${until}`],
    [{ [reason]: "migration", [until]: "2026-12-24" }, `an exemption also needs the tag ${owner}`],
    [{ [until]: "2026-12-24" }, `an exemption also needs the tag ${owner} and ${reason}`],
    [{ ...tags, [reason]: "  " }, `an exemption also needs the tag ${reason}`],
    [{ ...tags, [until]: "Christmas" }, `the tag ${until} is not a date such as 2026-12-31`],
    [{ ...tags, [until]: "2026-02-30" }, `the tag ${until} is not a date such as 2026-12-31`],
    [{ ...tags, [until]: "2026-12-24T00:00:00Z" }, `the tag ${until} is not a date such as 2026-12-31`],
  ])("that is incomplete or not valid is ignored with a reason: %j", (some, why) => {
    expect(stateOf(allowed, some)).toEqual({ ...none, ignored: why });
  });

  test("is trimmed", () => {
    expect(stateOf(allowed, { ...tags, [until]: " 2026-12-24 " }).active?.until).toBe("2026-12-24");
  });

  test("that is ignored does not hide an exemption by the policy", () => {
    const policy = { ...allowed, exemptions: [entry()] };
    expect(stateOf(policy, { [owner]: "bob" })).toEqual({
      active: { owner: "ann", reason: "legacy", until: "2026-12-31", source: "policy" },
      ended: null,
      ignored: `an exemption also needs the tag ${reason} and ${until}`,
    });
    const ended = { ...allowed, exemptions: [entry({ until: "2026-11-01" })] };
    expect(stateOf(ended, { [owner]: "bob" })).toMatchObject({
      active: null,
      ended: { owner: "ann" },
      ignored: expect.any(String),
    });
  });

  test("competes with the policy's: the one that ends last wins, or the policy's on the same day", () => {
    const withPolicy = (end: string) =>
      stateOf({ ...allowed, exemptions: [entry({ until: end })] }, tags).active?.source;
    expect([withPolicy("2026-12-23"), withPolicy("2026-12-24"), withPolicy("2026-12-25")]).toEqual([
      "tags",
      "policy",
      "policy",
    ]);
  });
});
