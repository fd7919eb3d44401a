/** An AWS CLI command in a sentence: from `aws` to the last token before punctuation, and in `after` what separates it from the next word. */
export const command = /\baws [a-z0-9-]+ [a-z0-9-]+(?: \S*[^\s.,;:)])*(?<after>[.,;:)]* *)/g;

/** A part of a sentence: prose, a command to copy, which follows a colon, or a command mentioned in passing. */
export type Piece = { readonly kind: "prose" | "command" | "mention"; readonly text: string };

/** Splits a sentence into prose and commands. Drops the punctuation after a command to copy. */
export function splitCommands(sentence: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  const addProse = (text: string) => {
    const follows = pieces.at(-1)?.kind === "command";
    const prose = follows ? text.replace(/^[.,;:]*\s*/, "") : text;
    if (prose !== "") pieces.push({ kind: "prose", text: prose });
  };
  for (const match of sentence.matchAll(command)) {
    addProse(sentence.slice(from, match.index));
    from = match.index + match[0].length - (match.groups?.after?.length ?? 0);
    const kind = /:\s*$/.test(sentence.slice(0, match.index)) ? "command" : "mention";
    pieces.push({ kind, text: sentence.slice(match.index, from) });
  }
  addProse(sentence.slice(from));
  return pieces;
}
