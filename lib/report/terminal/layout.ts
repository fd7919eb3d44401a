import type { ReportOptions } from "../text/reporter.ts";
import { createPaint, type Paint } from "./paint.ts";

/** What a section is written on: how wide, and in which colours. */
export type Layout = { readonly width: number; readonly paint: Paint };

/** From 80 columns to 160: narrower than that a command does not fit, wider than that no eye follows a line. */
export function createLayout({ width, color }: Pick<ReportOptions, "width" | "color">): Layout {
  return { width: Math.min(160, Math.max(80, width)), paint: createPaint(color) };
}
