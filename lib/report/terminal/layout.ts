import type { ReportOptions } from "../text/reporter.ts";
import { createPaint, type Paint } from "./paint.ts";

/** Columns and colors of the output. */
export type Layout = { readonly width: number; readonly paint: Paint };

/** Limits the width to 80 to 160 columns: commands do not fit below, lines are hard to read above. */
export function createLayout({ width, color }: Pick<ReportOptions, "width" | "color">): Layout {
  return { width: Math.min(160, Math.max(80, width)), paint: createPaint(color) };
}
