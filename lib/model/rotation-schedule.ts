import { Cron } from "croner";
import type { RotationRules } from "./secret.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** Long enough for every yearly pattern to show its longest gap; a leap-day schedule needs the longer limit. */
const horizon = 400 * day;
const limit = 9 * 366 * day;
/** Any fixed instant works: the gaps between runs do not depend on it. */
const start = Date.UTC(2024, 0, 1);

const longestGaps = new Map<string, number | null>();

/**
 * The longest time between two rotations, in days, by the `rate()` or `cron()` expression or else by `AutomaticallyAfterDays`. The expression
 * wins, as in Secrets Manager. Null if the schedule is not valid.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export function longestIntervalDays(rules: RotationRules | null): number | null {
  if (rules?.scheduleExpression == null) return rules?.automaticallyAfterDays || null;
  const expression = rules.scheduleExpression;
  const [, kind, body] = /^(rate|cron)\((.*)\)$/.exec(expression.trim()) ?? [];
  if (body === undefined) return null;
  return kind === "rate" ? rateDays(body) : cronDays(body);
}

function rateDays(body: string): number | null {
  const [, value, unit] = /^(\d+)\s+(hour|day)s?$/.exec(body.trim()) ?? [];
  return Number(value) / (unit === "day" ? 1 : 24) || null;
}

/** AWS's fields: minute (always 0), hour, day of month, month, day of week (1 = Sunday) and year (always `*`). */
function cronDays(body: string): number | null {
  const known = longestGaps.get(body);
  if (known !== undefined) return known;
  const gap = longestCronGap(body);
  longestGaps.set(body, gap);
  return gap;
}

function longestCronGap(body: string): number | null {
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6 || Number(fields[0]) !== 0 || fields[5] !== "*") return null;
  const weekdays = toWeekdays(fields[4] ?? "");
  if (weekdays === null) return null;
  let cron: Cron;
  try {
    const pattern = ["0", ...fields.slice(0, 4), weekdays].join(" ").replaceAll("?", "*");
    cron = new Cron(pattern, { timezone: "UTC", paused: true, alternativeWeekdays: true, sloppyRanges: true });
  } catch {
    return null;
  }
  let longest = 0;
  let previous = cron.nextRun(new Date(start));
  const until = previous === null ? start : Math.max(start + horizon, previous.getTime() + horizon);
  while (previous !== null && (previous.getTime() < until || longest === 0)) {
    const next: Date | null = cron.nextRun(previous);
    if (next === null || next.getTime() > start + limit) return null;
    longest = Math.max(longest, next.getTime() - previous.getTime());
    previous = next;
  }
  return longest === 0 ? null : longest / day;
}

/** AWS's days of the week, where `L` alone is Saturday. Null if a number is not 1 to 7; the parser would accept 8. */
function toWeekdays(field: string): string | null {
  const days = field.match(/(?<![#/\d])\d+/g) ?? [];
  if (days.some((each) => Number(each) < 1 || Number(each) > 7)) return null;
  return field === "L" ? "SAT" : field;
}
