import { toPrintable } from "../text/printable.ts";
import { addEllipsis, truncate } from "../text/truncate.ts";

/** Slack's control characters. Source: https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escapeControls(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => escapes[character] ?? character);
}

/** Replaces markup of Slack and Teams that cannot be escaped with look-alikes: code, bold, italics, strikethrough, links, mentions. */
function disableMarkup(text: string): string {
  return text
    .replaceAll("`", "'")
    .replaceAll("*", "\u2217")
    .replaceAll("~", "\u223c")
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\u02cd")
    .replaceAll("://", ":// ")
    .replaceAll("](", "] (")
    .replaceAll(/(?<![\w.+-])@(?=\w)/g, "\uff20");
}

/** Converts an untrusted text to one line of plain text for Slack or Teams, at most `max` characters with its escapes. */
export function toSlackText(text: string, max: number): string {
  const plain = truncate(disableMarkup(toPrintable(text).trim()), max);
  const escaped = escapeControls(plain);
  if (escaped.length <= max) return escaped;
  let kept = "";
  for (const character of plain) {
    const next = escapes[character] ?? character;
    if (kept.length + next.length > max - 1) break;
    kept += next;
  }
  return addEllipsis(kept);
}

/** Converts an untrusted text for use between backticks: unchanged but for backticks, which would end the code. Not truncated. */
export function toSlackCode(text: string): string {
  return escapeControls(toPrintable(text).trim().replaceAll("`", "'")).toWellFormed();
}
