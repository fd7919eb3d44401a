import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isOpen, isWindow, leewayMinutes, nextOpening } from "../../lib/model/window.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const weekMs = 7 * dayMs;
const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** A day of the week that began on Sunday, 2026-11-22; `on("tue", "12:00")` is the middle of its Tuesday. */
function on(day: string, time: string): string {
  const date = 22 + dayNames.indexOf(day);
  return new Date(`2026-11-${date}T${time.length === 5 ? `${time}:00` : time}Z`).toISOString();
}

describe("a window as RDS writes them", () => {
  test.each([
    ["sun:02:00-sun:06:00", "of a few hours of one day"],
    ["sun:23:30-mon:00:30", "over midnight"],
    ["sat:23:00-sun:01:00", "over the end of the week"],
    ["fri:20:00-mon:06:00", "over a weekend"],
    ["Sun:02:00-SUN:06:00", "in upper case, as the console shows it"],
    ["02:00-04:00", "of every day"],
    ["23:00-01:00", "of every day, over midnight"],
    ["mon:00:00-mon:00:30", "of exactly 30 minutes"],
    ["00:00-00:30", "of every day, of exactly 30 minutes"],
    ["23:45-00:15", "of every day, of exactly 30 minutes, over midnight"],
    ["sat:23:45-sun:00:15", "of exactly 30 minutes, over the end of the week"],
    ["00:00-23:59", "of nearly the whole day"],
  ])("%s is one: %s", (text) => expect(isWindow(text)).toBe(true));

  test.each([
    ["sun:02:00-sun:02:29", "29 minutes"],
    ["02:00-02:29", "29 minutes of every day"],
    ["23:45-00:14", "29 minutes over midnight"],
    ["sat:23:45-sun:00:14", "29 minutes over the end of the week"],
    ["sun:02:00-sun:02:00", "no time at all"],
    ["02:00-02:00", "no time of any day"],
    ["25:00-26:00", "no such hours"],
    ["24:00-02:00", "no such hour"],
    ["02:00-03:60", "no such minute"],
    ["xyz:02:00-xyz:04:00", "no such day"],
    ["sun:02:00-04:00", "a day on one side"],
    ["02:00-sun:04:00", "a day on the other side"],
    ["sunday:02:00-sunday:04:00", "days in full"],
    ["2:00-4:00", "hours of one digit"],
    ["sun:02:00", "no end"],
    ["sun:02:00-sun:04:00 UTC", "a time zone"],
    [" 02:00-04:00", "a space"],
    ["02:00-04:00\n", "another line"],
    ["maintenance", "a word"],
    ["sometimes", "another word"],
    ["", "nothing"],
  ])("%j is none: %s", (text) => {
    expect(isWindow(text)).toBe(false);
  });
});

describe("whether something may be begun", () => {
  const weekly = ["mon:02:00-mon:06:00"];
  const endOfWeek = ["sat:23:00-sun:01:00"];
  const daily = ["22:00-02:00"];

  test.each([
    ["exactly at the opening", weekly, on("mon", "02:00"), true],
    ["one second before", weekly, on("mon", "01:59:59"), false],
    ["one millisecond before", weekly, on("mon", "01:59:59.999"), false],
    ["in the middle", weekly, on("mon", "04:00"), true],
    ["at the same time of another day", weekly, on("tue", "04:00"), false],
    [`exactly ${leewayMinutes} minutes before the end`, weekly, on("mon", "05:50"), true],
    ["with one second less", weekly, on("mon", "05:50:01"), false],
    ["with one millisecond less", weekly, on("mon", "05:50:00.001"), false],
    ["at the end", weekly, on("mon", "06:00"), false],
    ["over the end of the week: on Saturday", endOfWeek, on("sat", "23:00"), true],
    ["over the end of the week: on Sunday", endOfWeek, on("sun", "00:00"), true],
    ["over the end of the week: ten minutes before its end", endOfWeek, on("sun", "00:50"), true],
    ["over the end of the week: with one second less", endOfWeek, on("sun", "00:50:01"), false],
    ["over the end of the week: one second before it", endOfWeek, on("sat", "22:59:59"), false],
    ["daily over midnight: in the evening", daily, on("wed", "22:00"), true],
    ["daily over midnight: at midnight", daily, on("thu", "00:00"), true],
    ["daily over midnight: ten minutes before its end", daily, on("thu", "01:50"), true],
    ["daily over midnight: with one second less", daily, on("thu", "01:50:01"), false],
    ["daily over midnight and the end of the week", daily, on("sun", "01:00"), true],
    ["daily over midnight: by day", daily, on("wed", "12:00"), false],
    ["in the second of two windows", [...weekly, "12:00-13:00"], on("fri", "12:30"), true],
    ["in none of two windows", [...weekly, "12:00-13:00"], on("fri", "13:30"), false],
    ["in a window in upper case", ["MON:02:00-MON:06:00"], on("mon", "04:00"), true],
    ["in a window of no length", ["mon:02:00-mon:02:00"], on("mon", "02:00"), false],
    ["in what is no window", ["sometimes"], on("mon", "02:00"), false],
    ["without a window", [], on("mon", "02:00"), false],
  ])("%s", (_, windows, at, open) => {
    expect(isOpen(windows, at)).toBe(open);
  });
});

describe("when something may next be begun", () => {
  test.each([
    ["now, where a window is open", ["mon:02:00-mon:06:00"], on("mon", "03:12:45.678"), on("mon", "03:12:45.678")],
    ["one second later", ["mon:02:00-mon:06:00"], on("mon", "01:59:59"), on("mon", "02:00")],
    ["half a second later", ["mon:02:00-mon:06:00"], on("mon", "01:59:59.500"), on("mon", "02:00")],
    ["later in the week", ["fri:20:00-sat:06:00"], on("mon", "12:00"), on("fri", "20:00")],
    ["in a week, where the end is too near", ["mon:02:00-mon:06:00"], on("mon", "05:51"), "2026-11-30T02:00:00.000Z"],
    ["next week, where this week's is over", ["sun:02:00-sun:06:00"], on("tue", "12:00"), "2026-11-29T02:00:00.000Z"],
    ["later that day", ["02:00-04:00", "20:00-22:00"], on("tue", "12:00"), on("tue", "20:00")],
    ["the next day", ["02:00-04:00"], on("tue", "12:00"), on("wed", "02:00")],
    ["the next day, over the end of the week", ["02:00-04:00"], on("sat", "12:00"), "2026-11-29T02:00:00.000Z"],
    ["at the nearer of two", ["fri:20:00-fri:22:00", "wed:20:00-wed:22:00"], on("mon", "12:00"), on("wed", "20:00")],
    [
      "at the only one that ever opens",
      ["sometimes", "02:00-02:00", "wed:20:00-wed:22:00"],
      on("mon", "12:00"),
      on("wed", "20:00"),
    ],
  ])("%s", (_, windows, at, opening) => {
    expect(nextOpening(windows, at)).toBe(opening);
  });

  test.each([[[]], [["sometimes"]], [["sun:02:00-sun:02:00"]], [["02:00-02:00", "25:00-26:00"]], [["02:00-02:09"]]])(
    "never, for %j",
    (windows) => {
      expect(nextOpening(windows, on("mon", "12:00"))).toBeNull();
    },
  );
});

/** A window, and the spans (ms of the week or of the day) that its text means. */
type Case = { readonly text: string; readonly from: number; readonly length: number; readonly period: number };

function toCase(from: number, length: number, isWeekly: boolean): Case {
  const period = isWeekly ? 7 * 24 * 60 : 24 * 60;
  const toText = (minute: number) => {
    const of = minute % period;
    const time = [Math.floor((of % 1440) / 60), of % 60].map((part) => String(part).padStart(2, "0")).join(":");
    return isWeekly ? `${dayNames[Math.floor(of / 1440)]}:${time}` : time;
  };
  return { text: `${toText(from)}-${toText(from + length)}`, from, length, period };
}

const anyCase: fc.Arbitrary<Case> = fc.oneof(
  fc
    .tuple(fc.nat(7 * 1440 - 1), fc.integer({ min: 30, max: 7 * 1440 - 1 }))
    .map(([from, length]) => toCase(from, length, true)),
  fc.tuple(fc.nat(1439), fc.integer({ min: 30, max: 1439 })).map(([from, length]) => toCase(from, length, false)),
);
const firstSundayMs = Date.UTC(2026, 10, 1);
const anyInstant = fc
  .oneof(
    fc.nat(4 * 7 * 24 * 60).map((minutes) => minutes * minuteMs),
    fc.nat(4 * 7 * 24 * 3600).map((seconds) => seconds * 1000),
    fc.nat(4 * weekMs),
  )
  .map((offset) => firstSundayMs + offset);

/** The openings that matter around an instant, counted out from a Sunday long before it. */
function openingsOf({ from, length, period }: Case, around: number): [from: number, lastStart: number][] {
  const first = Math.floor((around - firstSundayMs) / (period * minuteMs)) - 2;
  return [0, 1, 2, 3].map((next) => {
    const opening = firstSundayMs + ((first + next) * period + from) * minuteMs;
    return [opening, opening + (length - leewayMinutes) * minuteMs];
  });
}

describe("whatever the windows and the instant", () => {
  const windows = fc.array(anyCase, { minLength: 1, maxLength: 4 });

  test("what is made here is a window", () => {
    fc.assert(fc.property(anyCase, ({ text }) => isWindow(text) && isWindow(text.toUpperCase())));
  });

  test("it is open where one of the windows has begun and leaves enough time", () => {
    fc.assert(
      fc.property(windows, anyInstant, (cases, at) => {
        const open = cases.some((one) => openingsOf(one, at).some(([from, last]) => from <= at && at <= last));
        expect(
          isOpen(
            cases.map(({ text }) => text),
            new Date(at).toISOString(),
          ),
        ).toBe(open);
      }),
    );
  });

  test("the next opening is now or the first that comes, is open, and is at most a week away", () => {
    fc.assert(
      fc.property(windows, anyInstant, (cases, at) => {
        const texts = cases.map(({ text }) => text);
        const answer = nextOpening(texts, new Date(at).toISOString()) ?? "";
        const next = Date.parse(answer);
        expect(next).toBeGreaterThanOrEqual(at);
        expect(next - at).toBeLessThanOrEqual(weekMs);
        expect(isOpen(texts, answer)).toBe(true);
        const openings = cases.flatMap((one) => openingsOf(one, at));
        expect(next === at || openings.every(([from, last]) => last < at || next <= from)).toBe(true);
      }),
    );
  });

  test("any text is a window or not, and never throws", () => {
    const pieces = fc.constantFrom("sun", "mon", ":", "-", "02:00", "25:00", "00:30", " ");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 8 }).map((all) => all.join("")),
        ),
        anyInstant,
        (text, at) => {
          const instant = new Date(at).toISOString();
          if (isWindow(text)) expect(nextOpening([text], instant)).not.toBeNull();
          else isOpen([text], instant);
        },
      ),
    );
  });
});
