import { splitCommands } from "../text/commands.ts";
import { limits } from "./alert-message.ts";
import { toSlackCode, toSlackText } from "./slack-text.ts";

/** A link, or the start of one: the program's own commands contain none. */
const link = /:\/\/|\]\(/;

/** A command as code, between `fence`. Null if it is longer than `max`, because half a command is worse than none, or contains a link. */
export function formatCommand(command: string, fence: "`" | "```", max: number): string | null {
  const code = toSlackCode(command);
  return !link.test(command) && code.length <= max ? fence + code + fence : null;
}

/**
 * Formats a remediation for a chat message, with its AWS CLI commands as code: in blocks of their own, or inline for a single line. Null if that
 * is too long, because an incomplete command is worse than none.
 */
export function formatCommands(remediation: string, layout: "blocks" | "line"): string | null {
  const pieces = splitCommands(remediation);
  const text = pieces
    .map(({ kind, text }, index) => {
      // Anything with a link is shown as text, in which links are disabled.
      if (kind === "prose" || link.test(text))
        return `${/^\s/.test(text) ? " " : ""}${toSlackText(text, limits.message)}${/\s$/.test(text) ? " " : ""}`;
      const code = toSlackCode(text);
      if (kind === "command" && layout === "blocks") return `\n\`\`\`${code}\`\`\`\n`;
      return kind === "command" && index < pieces.length - 1 ? `\`${code}\`. ` : `\`${code}\``;
    })
    .join("")
    .replaceAll(/ ?\n ?/g, "\n")
    .trim();
  return text.length <= limits.remediation ? text : null;
}
