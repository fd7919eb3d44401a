import { describe, expect, test } from "@jest/globals";
import { createClock } from "../../simulator/clock.ts";
import { nextRotationAt } from "../../simulator/rotation-schedule.ts";

describe("the next rotation after Tuesday 2026-11-24 09:00", () => {
  test.each([
    [{}, "2026-12-01T09:00:00Z"],
    [{ AutomaticallyAfterDays: 30 }, "2026-12-24T09:00:00Z"],
    [{ ScheduleExpression: "rate(4 hours)" }, "2026-11-24T13:00:00Z"],
    [{ ScheduleExpression: "rate(10 days)" }, "2026-12-04T09:00:00Z"],
    [{ ScheduleExpression: "cron(0 8 1 * ? *)" }, "2026-12-01T08:00:00Z"],
    [{ ScheduleExpression: "cron(0 4 ? * SUN *)" }, "2026-11-29T04:00:00Z"],
    [{ ScheduleExpression: "cron(0 4 ? * 1 *)" }, "2026-11-29T04:00:00Z"],
    [{ ScheduleExpression: "cron(0 4 ? * 2#1 *)" }, "2026-12-07T04:00:00Z"],
    [{ ScheduleExpression: "cron(0 4 ? * 3-7/2 *)" }, "2026-11-26T04:00:00Z"],
    [{ ScheduleExpression: "cron(0 0 L * ? *)" }, "2026-11-30T00:00:00Z"],
    [{ ScheduleExpression: "cron(0 3 1 1,7 ? *)" }, "2027-01-01T03:00:00Z"],
    [{ ScheduleExpression: "cron(0 /4 * * ? *)" }, "2026-11-24T12:00:00Z"],
  ])("%j", (rules, expected) => {
    expect(nextRotationAt(rules, new Date("2026-11-24T09:00:00Z"))).toEqual(new Date(expected));
  });

  test.each([
    "rate(3 hours)",
    "rate(1000 days)",
    "rate(1 week)",
    "cron(30 8 1 * ? *)",
    "cron(0 8 1 * ? 2027)",
    "cron(0 8 1 *)",
    "cron(0 99 1 * ? *)",
    "daily",
  ])("rejects %s", (ScheduleExpression) => {
    expect(() => nextRotationAt({ ScheduleExpression }, new Date("2026-11-24T09:00:00Z"))).toThrow(
      "Invalid schedule expression",
    );
  });
});

test("runs due events in order, each at its own instant, including events that they schedule", () => {
  const clock = createClock(new Date("2026-11-24T09:00:00Z"));
  const seen: string[] = [];
  const note = (name: string) => seen.push(`${name} ${clock.now().toISOString().slice(11, 19)}`);
  clock.after(20, () => note("second"));
  clock.after(10, () => {
    note("first");
    clock.after(5, () => note("consequence"));
  });
  clock.after(20, () => note("third"));
  clock.after(31, () => note("not yet"));
  clock.advance({ seconds: 30 });
  expect(seen).toEqual(["first 09:00:10", "consequence 09:00:15", "second 09:00:20", "third 09:00:20"]);
  expect(clock.now()).toEqual(new Date("2026-11-24T09:00:30Z"));
});
