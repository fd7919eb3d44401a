import { describe, expect, test } from "@jest/globals";
import { describeHours, hoursBetween, plural } from "../../lib/model/time.ts";

describe("a duration", () => {
  test("is negative if the second instant is earlier", () => {
    expect(hoursBetween("2026-11-24T12:00:00Z", "2026-11-24T13:30:00Z")).toBe(1.5);
    expect(hoursBetween("2026-11-24T12:00:00Z", "2026-11-24T11:00:00Z")).toBe(-1);
  });

  test.each([
    [-5, "0 minutes"],
    [0, "0 minutes"],
    [1 / 60, "1 minute"],
    [0.99, "59 minutes"],
    [1, "1 hour"],
    [1.99, "1 hour"],
    [2, "2 hours"],
    [47.9, "47 hours"],
    [48, "2 days"],
    [71.9, "2 days"],
    [72, "3 days"],
  ])("%d hours are %s", (hours, text) => {
    expect(describeHours(hours)).toBe(text);
  });

  test.each([
    [0, "0 days"],
    [1, "1 day"],
    [2, "2 days"],
  ])("%d: %s", (count, text) => {
    expect(plural(count, "day")).toBe(text);
  });
});
