import type { ManualStep } from "../../model/plan.ts";
import { splitCommands } from "../text/commands.ts";
import { count } from "../text/count.ts";
import { makePrintable, toPrintable } from "../text/printable.ts";
import type { Layout } from "./layout.ts";
import { renderByScope } from "./plan-scopes.ts";
import { toCommandLines } from "./shell.ts";

const hang = " ".repeat(6);

/** The gates that are shown above, by name and reason. */
type ShownAbove = ReadonlyMap<string, unknown>;

/** Renders the manual steps. They arrive unsanitized, because code must keep its line breaks. */
export function renderManual(steps: readonly ManualStep[], above: ShownAbove, layout: Layout): string[] {
  const blocks = renderByScope(steps.map(toPrintableStep), layout, {
    render: (ofDatabase) => ofDatabase.map((step) => renderStep(step, above, layout)).join("\n"),
    summarize: (rest) => count(rest.length, "finding"),
  });
  return blocks.length === 0 ? [] : [layout.paint.strong("MANUAL ACTION"), ...blocks];
}

type Step = Omit<ManualStep, "cloudFormation" | "terraform"> & {
  readonly code: Readonly<Record<string, readonly string[]>>;
};

function toPrintableStep({ cloudFormation, terraform, ...step }: ManualStep): Step {
  return {
    ...makePrintable(step),
    code: { CloudFormation: toCodeLines(cloudFormation), Terraform: toCodeLines(terraform) },
  };
}

function renderStep(step: Step, above: ShownAbove, layout: Layout): string {
  const { what, rule, reason, awsCli } = step;
  const { wrap, paint } = layout;
  // Why the service does not make the repair: a gate with its reason, or a sentence.
  const [, gate, why = reason] = /^([a-z-]+): (.+)$/.exec(reason) ?? [];
  const label = paint.faint(`Not automated${gate === undefined ? "" : ` (${gate})`}:`);
  return [
    wrap(paint.strong(rule), "    "),
    wrap(withoutCommands(what, awsCli), `${hang}→ `),
    wrap(`${label} ${above.has(reason) ? "see above" : withoutCommands(why, awsCli)}`, hang),
    ...renderCode(step, layout, hang),
  ].join("\n");
}

/** Renders what a person does, and the commands and template lines for it, all at this indent. */
export function renderInstructions(untrusted: ManualStep, layout: Layout, indent: string): string[] {
  const step = toPrintableStep(untrusted);
  return [
    layout.wrap(withoutCommands(step.what, step.awsCli), `${indent}→ `),
    ...renderCode(step, layout, `${indent}  `),
  ];
}

/** The commands and the template lines of a step, each tool under its name. */
function renderCode({ awsCli, code }: Step, { width, paint }: Layout, hang: string): string[] {
  const commands = awsCli.flatMap((command) => toCommandLines(command, width - hang.length - 2));
  const title = (text: string) => hang + paint.faint(text);
  const indent = (lines: readonly string[]) => lines.map((line) => `${hang}  ${line}`);
  return [
    ...(commands.length === 0 ? [] : [title("AWS CLI"), ...indent(commands)]),
    ...Object.entries(code).flatMap(([tool, [first, ...more]]) => {
      if (first === undefined) return [];
      return more.length === 0 ? [`${title(tool)}  ${first}`] : [title(tool), ...indent([first, ...more])];
    }),
  ];
}

/** Removes from a sentence the commands that the steps below it repeat. */
function withoutCommands(sentence: string, awsCli: readonly string[]): string {
  const steps = new Set(awsCli.map(operationOf));
  let text = "";
  const pieces = splitCommands(sentence);
  for (const [index, { kind, text: piece }] of pieces.entries()) {
    const isStep = kind !== "prose" && steps.has(operationOf(piece));
    // A period at the very end would be copied with the command.
    const end = index === pieces.length - 1 ? "" : ". ";
    if (isStep) text = kind === "command" ? text.replace(/:\s*$/, ". ") : `${text}the command below`;
    else text += kind === "command" ? piece + end : piece;
  }
  return text.trim();
}

/** "aws rds modify-db-instance". */
function operationOf(command: string): string {
  return command.split(" ", 3).join(" ");
}

/** Code lines with their spaces, without any other control characters. */
export function toCodeLines(code: string | null): string[] {
  if (code === null) return [];
  return code.split("\n").map((line) =>
    line
      .split(/( +)/)
      .map((piece) => (piece.startsWith(" ") ? piece : toPrintable(piece)))
      .join(""),
  );
}
