import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import { command } from "../text/commands.ts";
import { toCommandLines } from "./shell.ts";

/** Replaces, during wrapping, a space that must stay: a private-use character, one column wide. */
const hardSpace = "\ue000";

/**
 * Wraps a text. `first` starts the first line; the other lines are indented to its width, or to the column `hang`. AWS CLI commands stay copyable:
 * one that fits on a line gets its own line, a longer one continues with backslashes.
 */
export function paragraph(
  text: string,
  {
    width,
    first = "",
    hang = stringWidth(first),
  }: Readonly<{ width: number; first?: string; hang?: number | undefined }>,
): string {
  const columns = Math.max(width - Math.max(stringWidth(first), hang), 20);
  const lines = wrapAnsi(keepCommands(text, columns), columns).replaceAll(hardSpace, " ").split("\n");
  return lines.map((line, index) => `${index === 0 ? first : " ".repeat(hang)}${line}`.trimEnd()).join("\n");
}

function keepCommands(text: string, columns: number): string {
  const kept = text.replaceAll(command, (found, after: string) => {
    const words = found.slice(0, found.length - after.length);
    // A line break replaces a comma or a period, which would be copied with the command.
    const end = after.includes(")") ? after : after.endsWith(" ") ? "\n" : after;
    if (stringWidth(words) < columns) return words.replaceAll(" ", hardSpace) + end;
    const lines = toCommandLines(words, columns).map((line) => line.replaceAll(" ", hardSpace));
    return `\n${lines.join("\n")}${end}`;
  });
  return kept.replaceAll("\n\n", "\n");
}

/** Pads a text with spaces to a number of columns. Wide characters count as two. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - stringWidth(text)));
}

/** Columns of the widest text. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => stringWidth(text)));
}
