import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { longestIntervalDays } from "../../lib/model/rotation-schedule.ts";
import { aSchedule } from "../support/builders.ts";

const by = (scheduleExpression: string) => longestIntervalDays(aSchedule({ scheduleExpression }));

describe("the longest time between two rotations", () => {
  test("of days", () => {
    expect(longestIntervalDays(aSchedule({ automaticallyAfterDays: 7 }))).toBe(7);
  });

  test("an expression wins over the days beside it", () => {
    expect(longestIntervalDays(aSchedule({ automaticallyAfterDays: 7, scheduleExpression: "rate(30 days)" }))).toBe(30);
  });

  test("an expression that nobody understands does not fall back to the days", () => {
    expect(longestIntervalDays(aSchedule({ automaticallyAfterDays: 7, scheduleExpression: "weekly" }))).toBeNull();
  });

  test.each([null, aSchedule(), aSchedule({ automaticallyAfterDays: 0 })])("of %j is not known", (rules) => {
    expect(longestIntervalDays(rules)).toBeNull();
  });

  test.each([
    ["rate(1 day)", 1],
    ["rate(10 days)", 10],
    ["rate(999 days)", 999],
    ["rate(4 hours)", 4 / 24],
    ["rate(1 hour)", 1 / 24],
    ["  rate( 10  days )  ", 10],
    ["cron(0 8 * * ? *)", 1],
    ["cron(0 0/4 * * ? *)", 4 / 24],
    ["cron(0 /4 * * ? *)", 4 / 24],
    ["cron(0 8 1 * ? *)", 31],
    ["cron(0 8 L * ? *)", 31],
    ["cron(0 8 1,15 * ? *)", 17],
    ["cron(0 8 1 1/3 ? *)", 92],
    ["cron(0 8 1 */3 ? *)", 92],
    ["cron(0 8 1 JAN,JUL ? *)", 184],
    ["cron(0 8 1,15 1 ? *)", 352],
    ["cron(0 8 1 1 ? *)", 366],
    ["cron(0 8 29 2 ? *)", 4 * 365 + 1],
    ["cron(0 8 ? * SUN *)", 7],
    ["cron(0 8 ? * 1 *)", 7],
    ["cron(0 8 ? * 7 *)", 7],
    ["cron(0 8 ? * TUE,THU *)", 5],
    ["cron(0 8 ? * 2#1 *)", 35],
    ["cron(0 8 ? * 6#3 *)", 35],
    ["cron(0 8 ? * 6L *)", 35],
    ["cron(0 4 ? * L *)", 7],
  ])("of %s is %d days", (expression, days) => {
    expect(by(expression)).toBeCloseTo(days, 10);
  });

  test("the week begins with Sunday as 1, as in AWS: 2-6 is Monday to Friday, with the weekend between", () => {
    expect(by("cron(0 8 ? * 2-6 *)")).toBe(3);
    expect(by("cron(0 8 ? * MON-FRI *)")).toBe(3);
  });

  test("the week begins with Sunday as 1: 1 and 2 are neighbours, so are 7 and 1", () => {
    expect(by("cron(0 8 ? * 1,2 *)")).toBe(6);
    expect(by("cron(0 8 ? * SUN,MON *)")).toBe(6);
    expect(by("cron(0 8 ? * 1,7 *)")).toBe(6);
  });

  test.each([
    "",
    "weekly",
    "rate()",
    "rate(0 days)",
    "rate(0 hours)",
    "rate(-1 days)",
    "rate(1.5 days)",
    "rate(10 weeks)",
    "rate(10days)",
    "rate(10 days",
    "RATE(10 days)",
    "xrate(10 days)",
    "rate(10 days) or so",
    "cron()",
    "cron(0 8 * * ?)",
    "cron(0 8 * * ? * *)",
    "cron(0 8 * * ? 2026)",
    "cron(15 8 * * ? *)",
    "cron(* * * * ? *)",
    "cron(0 25 * * ? *)",
    "cron(0 8 31 2 ? *)",
    "cron(0 8 ? * 0 *)",
    "cron(0 4 ? * 8 *)",
    "cron(0 4 ? * 2,8 *)",
    "cron(0 4 ? * 6-8 *)",
    "cron(0 4 ? * 8#1 *)",
    "cron(0 4 ? * 8L *)",
    "cron(a b c d e *)",
  ])("of %j is not known", (expression) => {
    expect(by(expression)).toBeNull();
  });

  test("the same expression asked twice has the same answer", () => {
    expect([by("cron(0 9 1 * ? *)"), by("cron(0 9 1 * ? *)")]).toEqual([31, 31]);
    expect([by("cron(0 9 31 2 ? *)"), by("cron(0 9 31 2 ? *)")]).toEqual([null, null]);
  });

  test("it never throws, and is null or more than nothing", () => {
    const field = fc.oneof(
      fc.constantFrom("*", "?", "0", "1", "L", "W", "#", "1/3", "2#1", "6L", "MON-FRI", "31", "8,20"),
      fc.string({ maxLength: 4 }),
    );
    const expression = fc.oneof(
      fc.string(),
      fc.string().map((body) => `rate(${body})`),
      fc
        .tuple(fc.constantFrom("0", "8", "0,12"), field, field, field)
        .map(([hour, ...rest]) => `cron(0 ${hour} ${rest.join(" ")} *)`),
    );
    fc.assert(
      fc.property(expression, (text) => {
        const days = by(text);
        if (days !== null) expect(days).toBeGreaterThan(0);
      }),
    );
  });
});
