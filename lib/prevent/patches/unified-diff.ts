import { structuredPatch } from "diff";
import { NotEditable } from "./edit-mapping.ts";

/** Lines around a change. */
const context = 3;

type Hunk = { oldStart: number; newStart: number; lines: string[] };

/**
 * A unified diff for `git apply` and `patch -p1`. Shows none of the hidden lines of the file, by number from 0: leaves them out around a change, and
 * throws a NotEditable where they are a part of it.
 */
export function makeDiff(path: string, before: string, after: string, hidden: ReadonlySet<number>): string {
  if (before === after) return "";
  const { hunks } = structuredPatch(path, path, before, after, undefined, undefined, { context });
  const count = before.split("\n").length - (before.endsWith("\n") ? 1 : 0);
  const shown = hunks.flatMap((hunk) => splitHunk(hunk, hidden)).map((hunk) => balance(hunk, count));
  // As in Git's own diffs, a tab ends a name that has spaces.
  const end = path.includes(" ") ? "\t" : "";
  return `${[`--- a/${path}${end}`, `+++ b/${path}${end}`, ...shown.map(formatHunk)].join("\n")}\n`;
}

/** The parts of a hunk between its hidden lines that have changes. */
function splitHunk({ oldStart, newStart, lines }: Hunk, hidden: ReadonlySet<number>): readonly Hunk[] {
  const parts: Hunk[] = [];
  let [old, fresh] = [oldStart, newStart];
  let part: Hunk | null = null;
  for (const line of lines) {
    const isOld = line.startsWith(" ") || line.startsWith("-");
    const isHidden = isOld && hidden.has(old - 1);
    if (isHidden && line.startsWith("-")) throw new NotEditable("the lines to change have a password in plain text");
    if (isHidden) part = null;
    else {
      if (part === null) {
        part = { oldStart: old, newStart: fresh, lines: [] };
        parts.push(part);
      }
      part.lines.push(line);
    }
    if (isOld) old += 1;
    if (line.startsWith(" ") || line.startsWith("+")) fresh += 1;
  }
  return parts.filter((one) => one.lines.some(isChange));
}

/** Keeps no more lines before the changes than behind them: a hunk with fewer behind is one for the end of the file. */
function balance({ oldStart, newStart, lines }: Hunk, count: number): Hunk {
  const before = lines.findIndex(isChange);
  const behind = lines.length - 1 - lines.findLastIndex(isChange);
  const isAtEnd = oldStart + lines.filter((line) => /^[ -]/.test(line)).length - 1 >= count;
  if (isAtEnd || behind >= before) return { oldStart, newStart, lines };
  if (behind === 0) throw new NotEditable("the line behind the change has a password in plain text");
  const cut = before - behind;
  return { oldStart: oldStart + cut, newStart: newStart + cut, lines: lines.slice(cut) };
}

function isChange(line: string): boolean {
  return line.startsWith("-") || line.startsWith("+");
}

function formatHunk({ oldStart, newStart, lines }: Hunk): string {
  const [old, fresh] = [/^[ -]/, /^[ +]/].map((kind) => lines.filter((line) => kind.test(line)).length);
  return [`@@ -${oldStart},${old} +${newStart},${fresh} @@`, ...lines].join("\n");
}
