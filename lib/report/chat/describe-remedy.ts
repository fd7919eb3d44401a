import { exemptionTags } from "../../model/database.ts";
import { splitCommands } from "../text/commands.ts";
import { limits } from "./alert-message.ts";
import { toSlackCode, toSlackText } from "./slack-text.ts";

/** What to do, with what is to be copied as code; null where it is too long, because half a command is worse than none. */
export function describeRemedy(remediation: string, layout: "blocks" | "line"): string | null {
  const pieces = splitCommands(remediation);
  const text = pieces
    .map(({ kind, text }, index) => {
      // No command of ours has a link in it: what has is shown as text, in which links are disarmed.
      if (kind === "prose" || /:\/\/|\]\(/.test(text))
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

/** How to be left in peace for a month: by tags on the database, where the policy lets them exempt it. */
export function describeExempting(at: string, { byTags }: { readonly byTags: boolean }): string {
  const { owner, reason, until } = exemptionTags;
  const day = addDays(at, 30);
  return byTags
    ? `Not now? Tag the database to be exempt for a month: \`${owner}\` = who answers for it, \`${reason}\` = why, \`${until}\` = \`${day}\`. All three, or none counts.`
    : `Not now? An entry under \`exemptions\` in the audit's policy exempts it for a month: an owner, a reason, and until ${day}.`;
}

function addDays(instant: string, days: number): string {
  return new Date(Date.parse(instant) + days * 86_400_000).toISOString().slice(0, 10);
}
