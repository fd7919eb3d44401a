import type { Metric } from "./metrics.ts";

/** How an action of an execution can end. */
const ends = ["repaired", "failed", "refused"] as const;

/** What a dashboard needs of an execution that has ended: how many of its actions ended how, zeros included. */
export function toRemediationMetrics(
  done: readonly { readonly outcome: { readonly end: (typeof ends)[number] } }[],
): readonly Metric[] {
  return ends.map((outcome) => ({
    name: "Remediations",
    unit: "Count",
    value: done.filter(({ outcome: { end } }) => end === outcome).length,
    dimensions: { outcome },
  }));
}
