import { scaleLinear, scaleUtc } from "d3-scale";
import { area, line, stack } from "d3-shape";
import { formatNumber } from "../text/count.ts";
import { dayOf } from "./components.ts";
import { type Html, html } from "./html.ts";

/** The values of a chart at one time, one for each series; null where there is none. */
type ChartPoint = {
  readonly at: string;
  readonly values: readonly (number | null)[];
  /** False if the values are of what was seen only. */
  readonly complete: boolean;
};

/** A chart: its caption, the kinds of its series (colors), the upper end of its scale (default: that of the data), and the unit. */
export type TimeChart = {
  readonly caption: string;
  readonly series: readonly { readonly name: string; readonly kind: string }[];
  readonly max?: number;
  readonly unit: string;
  readonly points: readonly ChartPoint[];
};

/** The view box. The drawing is stretched, so texts stand beside it. */
const size = { width: 100, height: 40 };

/** Areas over time, stacked, with a dot for each run. A table has the numbers, so the drawing is decoration. */
export function renderTimeChart({ caption, series, max, unit, points }: TimeChart): Html {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return html``;
  const sums = points.map(({ values }) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0));
  const toX = scaleUtc([new Date(first.at), new Date(last.at)], [0, size.width]);
  const toY = scaleLinear([0, max ?? Math.max(1, ...sums)], [size.height, 0]);
  if (max === undefined) toY.nice(4);
  const [, top = 1] = toY.domain();
  const grid = toY.ticks(4).map((tick) => html`<path class="grid" d="M0,${round(toY(tick))}H${size.width}"/>`);
  const layers = stack<ChartPoint, number>()
    .keys(series.keys())
    .value(({ values }, index) => values[index] ?? 0)([...points]);
  const areas = layers.map((layer, index) => {
    const { kind = "" } = series[index] ?? {};
    const isSeen = ({ data }: (typeof layer)[number]) => data.values[index] !== null;
    const x = ({ data }: (typeof layer)[number]) => round(toX(new Date(data.at)));
    const toArea = area<(typeof layer)[number]>()
      .defined(isSeen)
      .x(x)
      .y0(([from]) => round(toY(from)))
      .y1(([, to]) => round(toY(to)));
    const toLine = line<(typeof layer)[number]>()
      .defined(isSeen)
      .x(x)
      .y(([, to]) => round(toY(to)));
    return html`<path class="area ${kind}" d="${toArea(layer)}"/><path class="line ${kind}" d="${toLine(layer)}"/>`;
  });
  // A line without length and with round ends is a dot that stretching leaves round.
  const dots = points.flatMap(({ at, values, complete }, index) =>
    values.every((value) => value === null)
      ? []
      : [
          html`<path class="dot ${complete ? "" : "unknown"}" d="M${round(toX(new Date(at)))},${round(toY(sums[index] ?? 0))}h0"/>`,
        ],
  );
  return html`<figure class="trend"><figcaption>${caption}</figcaption>
<div aria-hidden="true"><div class="plot"><span>${formatNumber(top)}${unit}</span><span>0${unit}</span><svg viewBox="0 0 ${size.width} ${size.height}" preserveAspectRatio="none">${grid}${areas}${dots}</svg></div>
<div class="days">${dayOf(first.at)}${dayOf(last.at)}</div></div></figure>
`;
}

/** Two decimals are less than a pixel. */
function round(number: number): number {
  return Math.round(number * 100) / 100;
}
