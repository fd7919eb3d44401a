import { open } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { forBothKinds, type Tool, toolNames } from "../../lib/patches/patch.ts";
import { turnOn } from "../../lib/patches/turn-on.ts";
import type { ParameterValues } from "../../lib/prevent/cloudformation/parameters.ts";
import { patchPlan, patchTemplate, type TemplatePatch } from "../../lib/prevent/patches/patch-template.ts";
import type { Standard } from "../../lib/prevent/templates/judge-declared.ts";
import { parsePlan } from "../../lib/prevent/terraform/parse-plan.ts";
import { toPlannedDeclarations } from "../../lib/prevent/terraform/to-declarations.ts";
import { createLayout, type Layout } from "../../lib/report/terminal/layout.ts";
import { renderPatch } from "../../lib/report/terminal/patch.ts";
import { toPrintable } from "../../lib/report/text/printable.ts";
import type { CdkTemplate } from "../input/cdk-directory.ts";
import { type Io, write } from "../io.ts";
import { writeWhole } from "./files.ts";
import { terminalOf } from "./terminal.ts";

const bom = "\uFEFF";

const clients =
  "RDS sets another password when the change is deployed: let clients read it from the secret that MasterUserSecret.SecretArn of the database names. Do not deploy a change set that replaces a database.";

/** Writes the diffs of templates to standard output or a file, and on standard error what is not in them and what else to do. */
export async function writeDiffs(
  sources: readonly CdkTemplate[],
  parameters: ParameterValues,
  standard: Standard,
  output: string | undefined,
  io: Io,
): Promise<void> {
  const layout = createLayout(terminalOf(io.stderr, io));
  const diffs = new Map<string, string>();
  const notes: string[] = [];
  const tools = new Set<Tool>();
  let isChanged = false;
  for (const file of sources) {
    const path = relative("", file.file).replaceAll(sep, "/");
    if (diffs.has(path)) continue;
    const { diff, patched, unpatched } = await makePatch(file, path, parameters, standard);
    const refusal = diff === "" ? null : refusePath(path);
    diffs.set(path, refusal === null ? diff : "");
    const say = (name: string, text: string) => notes.push(layout.wrap(toPrintable(`${file.file}, ${name}: ${text}`)));
    for (const { name, notes: more } of patched) {
      say(name, refusal === null ? ["Changed.", ...more].join(" ") : `Not changed: ${refusal}.`);
      isChanged ||= refusal === null;
    }
    for (const { name, reason, source } of unpatched) {
      say(name, [`Not changed: ${reason.replace(/\.$/, "")}.`, ...(source?.fixes ?? [])].join(" "));
      if (source !== null) tools.add(source.tool);
    }
  }
  const text = [...diffs.values()].join("");
  if (output === undefined) await write(io.stdout, text);
  else await writeWhole(output, text);
  if (isChanged) notes.push(layout.wrap(clients));
  notes.push(...[...tools].flatMap((tool) => renderSource(tool, layout)));
  for (const note of notes) await write(io.stderr, `${note}\n`);
}

async function makePatch(
  { file, text, target, nestedAreJudged }: CdkTemplate,
  path: string,
  parameters: ParameterValues,
  standard: Standard,
): Promise<TemplatePatch> {
  const plan = parsePlan(text, file);
  if (plan !== null) return patchPlan(toPlannedDeclarations(plan, target), standard);
  const source = { path, file, text, bom: (await hasBom(file)) ? bom : "" };
  return patchTemplate(source, { parameters, target, nestedAreJudged }, standard);
}

/** All steps of a change in the source of files, once. */
function renderSource(tool: Tool, layout: Layout): readonly string[] {
  return [
    `The change with ${toolNames[tool]}, step by step:`,
    ...renderPatch(forBothKinds(turnOn, tool, null), layout, "  "),
  ];
}

/** Names that `git apply` and `patch` do not take. */
function refusePath(path: string): string | null {
  if (isAbsolute(path) || path.startsWith("../"))
    return "a diff names files from the current directory on; run the command in a directory that has this file";
  return /["\\\p{Cc}]/u.test(path) ? "the name of the file has characters that a diff cannot have" : null;
}

/** True for a file with a byte order mark, which its text lacks. */
async function hasBom(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(3), 0, 3, 0);
    return buffer.toString("utf8") === bom;
  } finally {
    await handle.close();
  }
}
