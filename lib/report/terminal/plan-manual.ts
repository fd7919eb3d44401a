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
  const printable = steps.map(({ cloudFormation, terraform, ...step }) => ({
    ...makePrintable(step),
    code: { CloudFormation: toCodeLines(cloudFormation), Terraform: toCodeLines(terraform) },
  }));
  const blocks = renderByScope(printable, layout, {
    render: (ofDatabase) => ofDatabase.map((step) => renderStep(step, above, layout)).join("\n"),
    summarize: (rest) => count(rest.length, "finding"),
  });
  return blocks.length === 0 ? [] : [layout.paint.strong("MANUAL ACTION"), ...blocks];
}

type Step = Omit<ManualStep, "cloudFormation" | "terraform"> & {
  readonly code: Readonly<Record<string, readonly string[]>>;
};

function renderStep(
  { what, rule, reason, awsCli, code }: Step,
  above: ShownAbove,
  { width, wrap, paint }: Layout,
): string {
  const commands = awsCli.flatMap((command) => toCommandLines(command, width - hang.length - 2));
  const title = (text: string) => hang + paint.faint(text);
  const indent = (lines: readonly string[]) => lines.map((line) => `${hang}  ${line}`);
  // Why the service does not make the repair: a gate with its reason, or a sentence.
  const [, gate, why = reason] = /^([a-z-]+): (.+)$/.exec(reason) ?? [];
  const label = paint.faint(`Not automated${gate === undefined ? "" : ` (${gate})`}:`);
  return [
    wrap(paint.strong(rule), "    "),
    wrap(withoutCommands(what, awsCli), `${hang}→ `),
    wrap(`${label} ${above.has(reason) ? "see above" : withoutCommands(why, awsCli)}`, hang),
    ...(commands.length === 0 ? [] : [title("AWS CLI"), ...indent(commands)]),
    ...Object.entries(code).flatMap(([tool, [first, ...more]]) => {
      if (first === undefined) return [];
      return more.length === 0 ? [`${title(tool)}  ${first}`] : [title(tool), ...indent([first, ...more])];
    }),
  ].join("\n");
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
function toCodeLines(code: string | null): string[] {
  if (code === null) return [];
  return code.split("\n").map((line) =>
    line
      .split(/( +)/)
      .map((piece) => (piece.startsWith(" ") ? piece : toPrintable(piece)))
      .join(""),
  );
}
