/**
 * A command on lines of at most so many columns, that can be copied as it stands: where it goes on, a line ends with a backslash, and never
 * within what is quoted. An option and its value stay together where they can; a word that is longer than a line stays whole.
 */
export function toCommandLines(command: string, columns: number): string[] {
  if (command.length <= columns) return [command];
  // The hanging indent, and the space and the backslash that may follow.
  const room = columns - 4;
  const lines: string[] = [];
  for (const part of joinOptions(splitWords(command), room)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + part.length <= room) lines[lines.length - 1] = `${line} ${part}`;
    else lines.push(part);
  }
  return lines.map((line, index) => `${index === 0 ? "" : "  "}${line}${index < lines.length - 1 ? " \\" : ""}`);
}

/** Options with their values, where both fit on a line. */
function joinOptions(words: readonly string[], room: number): string[] {
  const parts: string[] = [];
  for (const word of words) {
    const before = parts.at(-1);
    const isValue = before?.startsWith("--") && !word.startsWith("--");
    if (before !== undefined && isValue && before.length + 1 + word.length <= room)
      parts[parts.length - 1] = `${before} ${word}`;
    else parts.push(word);
  }
  return parts;
}

/** The words of a command line as they are written, quotes and all. */
function splitWords(command: string): string[] {
  const words = [""];
  const open: string[] = [];
  for (let at = 0, piece = ""; at < command.length; at += piece.length) {
    piece = pieceAt(command, at, open.at(-1));
    if (piece === " " && mayBreak(open)) words.push("");
    else words.push(`${words.pop()}${piece}`);
    keepOpen(open, piece);
  }
  return words.filter((word) => word !== "");
}

/** Within a substitution everything begins anew, even where that is within double quotes. */
function mayBreak(open: readonly string[]): boolean {
  return open.length === 0 || open.at(-1) === "$(";
}

/** One character, or two that belong together; within single quotes there are none of those. */
function pieceAt(command: string, at: number, inside: string | undefined): string {
  const pair = command.slice(at, at + 2);
  return inside !== "'" && (pair.startsWith("\\") || pair === "$(") ? pair : pair.charAt(0);
}

/** Takes note of the quotes and substitutions that a piece of a command opens or closes; they hold each other. */
function keepOpen(open: string[], piece: string): void {
  const inside = open.at(-1);
  const closing = inside === "$(" ? ")" : inside;
  if (piece === closing) open.pop();
  else if (inside === "'") return;
  else if (piece === "$(" || piece === '"' || (piece === "'" && inside !== '"')) open.push(piece);
}
