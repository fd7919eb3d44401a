/**
 * Splits a command into lines of at most `columns` that can be copied as they are: a line that continues ends with a backslash, and no line breaks
 * inside quotes. Keeps an option with its value if both fit. A longer word stays whole.
 */
export function toCommandLines(command: string, columns: number): string[] {
  if (command.length <= columns) return [command];
  // Minus the indent of two, a space and a backslash.
  const room = columns - 4;
  const fits = (before: string, word: string) => before.length + 1 + word.length <= room;
  const isValue = (before: string, word: string) => before.startsWith("--") && !word.startsWith("--");
  const parts = join(splitWords(command), (before, word) => isValue(before, word) && fits(before, word));
  const lines = join(parts, fits);
  return lines.map((line, index) => `${index === 0 ? "" : "  "}${line}${index < lines.length - 1 ? " \\" : ""}`);
}

/** Joins each word to the text before it if `belongs` says so. */
function join(words: readonly string[], belongs: (before: string, word: string) => boolean): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (before !== undefined && belongs(before, word)) joined[joined.length - 1] = `${before} ${word}`;
    else joined.push(word);
  }
  return joined;
}

/** The words of a command line, with their quotes. */
function splitWords(command: string): string[] {
  const words = [""];
  const open: string[] = [];
  for (let at = 0, piece = ""; at < command.length; at += piece.length) {
    piece = pieceAt(command, at, open.at(-1));
    // A command substitution is parsed afresh, even inside double quotes.
    const mayBreak = open.length === 0 || open.at(-1) === "$(";
    if (piece === " " && mayBreak) words.push("");
    else words.push(`${words.pop()}${piece}`);
    updateOpen(open, piece);
  }
  return words.filter((word) => word !== "");
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
