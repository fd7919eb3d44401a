import { cut, shorten } from "../text/cut.ts";
import { toPrintable } from "../text/printable.ts";

/** Slack's control characters. Source: https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escapeControls(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => escapes[character] ?? character);
}

/**
 * Takes the meaning out of what Slack and Teams would read as markup and cannot escape: code, bold, italics, links, mentions.
 * Look-alikes stand in for the characters, so that a reader sees what was there.
 */
function disarm(text: string): string {
  return text
    .replaceAll("`", "'")
    .replaceAll("*", "\u2217")
    .replaceAll("~", "\u223c")
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\u02cd")
    .replaceAll("://", ":// ")
    .replaceAll("](", "] (")
    .replaceAll(/(?<![\w.+-])@(?=\w)/g, "\uff20");
}

/** A text from outside as a part of a message for Slack or Teams: one line that is nothing but text, at most `max` characters. */
export function toSlackText(text: string, max: number): string {
  const plain = cut(disarm(toPrintable(text).trim()), max);
  const escaped = escapeControls(plain);
  if (escaped.length <= max) return escaped;
  let kept = "";
  for (const character of plain) {
    const next = escapes[character] ?? character;
    if (kept.length + next.length > max - 1) break;
    kept += next;
  }
  return shorten(kept);
}

/** A text from outside for the inside of code in a message: what it was, but for the backticks that would end the code. Not cut. */
export function toSlackCode(text: string): string {
  return escapeControls(toPrintable(text).trim().replaceAll("`", "'")).toWellFormed();
}
