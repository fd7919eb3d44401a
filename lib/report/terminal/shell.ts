/**
 * Splits a command into lines of at most `columns` that can be copied as they are: a line that continues ends with a backslash, and no line breaks
 * inside quotes. Keeps an option with its value if both fit. A longer word stays whole.
 */
export function toCommandLines(command: string, columns: number): string[] {
  if (command.length <= columns) return [command];
  // Minus the indent of two, a space and a backslash.
  const room = columns - 4;
  const lines: string[] = [];
  for (const part of joinOptions(splitWords(command), room)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + part.length <= room) lines[lines.length - 1] = `${line} ${part}`;
    else lines.push(part);
  }
  return lines.map((line, index) => `${index === 0 ? "" : "  "}${line}${index < lines.length - 1 ? " \\" : ""}`);
}

/** Joins each option with its value if both fit on a line. */
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

/** The words of a command line, with their quotes. */
function splitWords(command: string): string[] {
  const words = [""];
  const open: string[] = [];
  for (let at = 0, piece = ""; at < command.length; at += piece.length) {
    piece = pieceAt(command, at, open.at(-1));
    if (piece === " " && mayBreak(open)) words.push("");
    else words.push(`${words.pop()}${piece}`);
    updateOpen(open, piece);
  }
  return words.filter((word) => word !== "");
}

/** A command substitution is parsed afresh, even inside double quotes. */
function mayBreak(open: readonly string[]): boolean {
  return open.length === 0 || open.at(-1) === "$(";
}

/** One character, an escape, or `$(`. Inside single quotes, every character stands for itself. */
function pieceAt(command: string, at: number, inside: string | undefined): string {
  const pair = command.slice(at, at + 2);
  return inside !== "'" && (pair.startsWith("\\") || pair === "$(") ? pair : pair.charAt(0);
}

/** Updates the stack of open quotes and substitutions. */
function updateOpen(open: string[], piece: string): void {
  const inside = open.at(-1);
  const closing = inside === "$(" ? ")" : inside;
  if (piece === closing) open.pop();
  else if (inside === "'") return;
  else if (piece === "$(" || piece === '"' || (piece === "'" && inside !== '"')) open.push(piece);
}
