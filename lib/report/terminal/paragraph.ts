import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import { command } from "../text/commands.ts";
import { toCommandLines } from "./shell.ts";

/** Stands for a space that is neither broken nor trimmed, while lines are broken; one column wide, and used by nobody. */
const tied = "\ue000";

/**
 * A paragraph whose first line begins with `first` and whose others hang under the text, or at the column `hang`. AWS CLI commands can be copied
 * from it: one stays on one line where it fits on one, and is continued with a backslash, as a shell wants, where it does not.
 */
export function paragraph(
  text: string,
  { width, first = "", hang = stringWidth(first) }: { width: number; first?: string; hang?: number },
): string {
  const columns = Math.max(width - Math.max(stringWidth(first), hang), 20);
  const lines = wrapAnsi(keepCommands(text, columns), columns).replaceAll(tied, " ").split("\n");
  return lines.map((line, index) => `${index === 0 ? first : " ".repeat(hang)}${line}`.trimEnd()).join("\n");
}

function keepCommands(text: string, columns: number): string {
  const kept = text.replaceAll(command, (found, after: string) => {
    const words = found.slice(0, found.length - after.length);
    // The end of the line stands for a comma or a full stop, which would be copied with the command.
    const end = after.includes(")") ? after : after.endsWith(" ") ? "\n" : after;
    if (stringWidth(words) < columns) return words.replaceAll(" ", tied) + end;
    const lines = toCommandLines(words, columns).map((line) => line.replaceAll(" ", tied));
    return `\n${lines.join("\n")}${end}`;
  });
  return kept.replaceAll("\n\n", "\n");
}

/** A text filled with spaces to a number of columns; wide characters count as two. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - stringWidth(text)));
}

/** The columns that the widest of some texts takes. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => stringWidth(text)));
}
