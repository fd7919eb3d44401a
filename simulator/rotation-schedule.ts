import { Cron } from "croner";
import type { SimulatedRotationRules } from "./resources.ts";
import { SimulatedError } from "./simulated-error.ts";

const hour = 3_600_000;

function invalid(expression: string): SimulatedError {
  // Wording not verified.
  return new SimulatedError("InvalidParameterException", `Invalid schedule expression: ${expression}`);
}

/** AWS counts the days of the week from 1 = Sunday, everybody else from 0. */
function shiftWeekdays(weekdays: string): string {
  return weekdays.replace(/(?<![#/])\b[1-7]\b/g, (day) => String(Number(day) - 1));
}

function nextOfCron(fields: string, after: Date, expression: string): Date {
  const [minute, at, day, month, weekday, year, ...rest] = fields.trim().split(/\s+/);
  // Secrets Manager rotates on the hour and in every year.
  if (minute !== "0" || year !== "*" || rest.length > 0 || !at || !day || !month || !weekday) throw invalid(expression);
  const any = (field: string): string => (field === "?" ? "*" : field);
  try {
    // `/8` is AWS's short form of every eight hours.
    const hours = at.replace(/^\//, "*/");
    const next = new Cron(`0 ${hours} ${any(day)} ${month} ${shiftWeekdays(any(weekday))}`, {
      timezone: "UTC",
    }).nextRun(after);
    if (next) return next;
  } catch {
    // croner's own words would not be AWS's.
  }
  throw invalid(expression);
}

/** When a secret with these rules is due again after `after`. @throws SimulatedError for rules that Secrets Manager refuses. */
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
