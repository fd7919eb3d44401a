/** A row of the table: what was measured, and the limit that it holds or not. */
export type Row = { readonly measure: string; readonly value: string; readonly limit: string; readonly holds: boolean };

/** A row about a value that has no limit. */
export function without(measure: string, value: string): Row {
  return { measure, value, limit: "none", holds: true };
}

/** The rows as a table of the README. */
export function toTable(rows: readonly Row[]): string {
  return toMarkdown(
    ["measure", "measured", "limit", "holds"],
    rows.map(({ measure, value, limit, holds }) => [measure, value, limit, holds ? "yes" : "NO"]),
  );
}

export function toMarkdown(titles: readonly string[], cells: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The median and the spread: "5.6 (5.4–6.1) s". */
export function spread(values: readonly number[], unit: string): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const digits = unit === "s" ? 1 : 0;
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)}) ${unit}`;
}
