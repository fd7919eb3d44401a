import type { Patch } from "../../patches/patch.ts";
import { toPrintable } from "../text/printable.ts";
import type { Layout } from "./layout.ts";
import { toCodeLines } from "./plan-manual.ts";
import { toCommandLines } from "./shell.ts";

/** Renders a change: numbered steps, each with its lines or its command, or why there is none. */
export function renderPatch({ steps, none }: Patch, { wrap, width }: Layout, indent: string): string[] {
  if (none !== null) return [wrap(toPrintable(none), `${indent}→ `)];
  return steps.flatMap(({ what, code }, index) => {
    const first = `${indent}${index + 1}. `;
    const inner = " ".repeat(first.length + 2);
    const lines = toCodeLines(code).flatMap((line) =>
      /^(aws|until) /.test(line) ? toCommandLines(line, width - inner.length) : [line],
    );
    return [wrap(toPrintable(what), first), ...lines.map((line) => `${inner}${line}`.trimEnd())];
  });
}
