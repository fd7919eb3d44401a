import { Cron } from "croner";
import type { SimulatedRotationRules } from "./resources.ts";
import { SimulatedError } from "./simulated-error.ts";

const hour = 3_600_000;

function invalid(expression: string): SimulatedError {
  // Wording not verified.
  return new SimulatedError("InvalidParameterException", `Invalid schedule expression: ${expression}`);
}

/** Converts AWS's days of the week, 1 to 7 from Sunday, to cron's 0 to 6. */
function shiftWeekdays(weekdays: string): string {
  return weekdays.replace(/(?<![#/])\b[1-7]\b/g, (day) => String(Number(day) - 1));
}

function nextOfCron(fields: string, after: Date, expression: string): Date {
  const [minute, at, day, month, weekday, year, ...rest] = fields.trim().split(/\s+/);
  // Secrets Manager accepts only minute 0 and every year.
  if (minute !== "0" || year !== "*" || rest.length > 0 || !at || !day || !month || !weekday) throw invalid(expression);
  const any = (field: string): string => (field === "?" ? "*" : field);
  try {
    // AWS abbreviates `*/8` to `/8`.
    const hours = at.replace(/^\//, "*/");
    const next = new Cron(`0 ${hours} ${any(day)} ${month} ${shiftWeekdays(any(weekday))}`, {
      timezone: "UTC",
    }).nextRun(after);
    if (next) return next;
  } catch {
    // AWS's message replaces croner's.
  }
  throw invalid(expression);
}

/** The first rotation date after `after`. @throws SimulatedError for a schedule that Secrets Manager rejects. */
export function nextRotationAt(
  { AutomaticallyAfterDays: days, ScheduleExpression: expression }: SimulatedRotationRules,
  after: Date,
): Date {
  if (expression === undefined) return new Date(after.getTime() + (days ?? 7) * 24 * hour);
  const rate = /^rate\((\d+) (hour|day)s?\)$/.exec(expression);
  if (rate) {
    const hours = Number(rate[1]) * (rate[2] === "day" ? 24 : 1);
    if (hours < 4 || hours > 999 * 24) throw invalid(expression);
    return new Date(after.getTime() + hours * hour);
  }
  const cron = /^cron\((.+)\)$/.exec(expression);
  if (!cron?.[1]) throw invalid(expression);
  return nextOfCron(cron[1], after, expression);
}
