import { scaleLinear } from "d3-scale";
import { arc, pie, stack } from "d3-shape";
import { formatNumber } from "../text/count.ts";
import { type Html, html } from "./html.ts";

/** A segment of a bar or ring: a count, what it counts, and the color. */
export type Segment = { readonly name: string; readonly kind: string; readonly value: number };

/** A bar: its label, and its segments from left to right. */
export type ChartRow = { readonly label: Html | string; readonly segments: readonly Segment[] };

/** Outer and inner radius of a ring, in the units of its view box. */
const radii = { outer: 50, inner: 32 };

/** A ring with one sector for each segment, and a text in its middle. */
export function renderRing(segments: readonly Segment[], middle: string): Html {
  const toPath = arc<{ startAngle: number; endAngle: number }>().innerRadius(radii.inner).outerRadius(radii.outer);
  const sectors = pie<Segment>()
    .value(({ value }) => value)
    .sort(null)([...segments])
    .map((sector) => html`<path class="${sector.data.kind}" d="${toPath(sector)}"/>`);
  return html`<svg viewBox="-50 -50 100 100" aria-hidden="true">${sectors}<text y="6">${middle}</text></svg>`;
}

/** One horizontal bar for each label, all on one scale, with the segments stacked. Numbers stand beside the bars, so the drawing is decoration. */
export function renderBars(caption: string, bars: readonly ChartRow[]): Html {
  const sums = bars.map(({ segments }) => segments.reduce((sum, { value }) => sum + value, 0));
  const scale = scaleLinear([0, Math.max(1, ...sums)], [0, 100]);
  const rows = bars.map(
    (row, index) =>
      html`<tr><th scope="row">${row.label}</th><td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${toRectangles(row.segments, scale)}</svg></td><td>${formatNumber(sums[index] ?? 0)}${describeSegments(row.segments)}</td></tr>\n`,
  );
  return html`<table class="bars"><caption>${caption}</caption><tbody>${rows}</tbody></table>`;
}

function toRectangles(segments: readonly Segment[], scale: (value: number) => number): readonly Html[] {
  const values = Object.fromEntries(segments.map(({ value }, index) => [index, value]));
  const layers = stack<Record<string, number>>().keys(Object.keys(values))([values]);
  return layers.flatMap((layer, index) => {
    const [[from, to] = [0, 0]] = layer;
    const { kind = "" } = segments[index] ?? {};
    return to === from
      ? []
      : [html`<rect class="${kind}" x="${round(scale(from))}" width="${round(scale(to) - scale(from))}" height="10"/>`];
  });
}

/** For screen readers: "2 critical, 1 high". */
function describeSegments(segments: readonly Segment[]): Html | null {
  const shown = segments.filter(({ value }) => value > 0);
  if (shown.length < 2) return null;
  return html`<span class="only-read">: ${shown.map(({ name, value }) => `${formatNumber(value)} ${name}`).join(", ")}</span>`;
}

/** The name and number of each segment, with its color. */
export function renderLegend(segments: readonly Segment[]): Html {
  const items = segments.map(
    ({ name, kind, value }) => html`<li><i class="${kind}"></i>${formatNumber(value)} ${name}</li>`,
  );
  return html`<ul class="legend">${items}</ul>`;
}

/** Two decimals are less than a pixel. */
function round(number: number): number {
  return Math.round(number * 100) / 100;
}
