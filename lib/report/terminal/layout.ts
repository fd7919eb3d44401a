import type { ReportOptions } from "../text/reporter.ts";
import { createPaint, type Paint } from "./paint.ts";
import { paragraph } from "./paragraph.ts";

/** Columns and colors of the output, and `wrap`, which writes a paragraph in them: `first` starts it, `hang` indents the other lines. */
export type Layout = {
  readonly width: number;
  readonly paint: Paint;
  readonly wrap: (text: string, first?: string, hang?: number) => string;
};

/** Limits the width to 80 to 160 columns: commands do not fit below, lines are hard to read above. */
export function createLayout({ width: columns, color }: Pick<ReportOptions, "width" | "color">): Layout {
  const width = Math.min(160, Math.max(80, columns));
  return {
    width,
    paint: createPaint(color),
    wrap: (text, first = "", hang) => paragraph(text, { width, first, hang }),
  };
}
