import { matchesGlob } from "../../lib/model/glob.ts";

/** Matches an event like EventBridge, for the patterns that this project uses: exact values, `prefix`, `wildcard` with `*`, and `exists: false`. */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((one) => matchesOne(one, event));
  const fields = typeof event === "object" && event !== null ? (event as Record<string, unknown>) : {};
  return Object.entries(pattern as object).every(([name, inner]) => matches(inner, fields[name]));
}

function matchesOne(pattern: unknown, value: unknown): boolean {
  if (typeof pattern === "string") return value === pattern;
  const [[kind, operand] = []] = Object.entries(pattern as object);
  switch (kind) {
    case "exists":
      return (value !== undefined) === operand;
    case "prefix":
      return typeof value === "string" && value.startsWith(operand);
    case "wildcard":
      return typeof value === "string" && matchesGlob(value, operand);
    default:
      throw new Error(`unknown pattern ${kind}`);
  }
}
