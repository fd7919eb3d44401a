import { escapeUnseen } from "../text/escape-unseen.ts";

/** Indented JSON with a newline at its end. JSON itself lets C1 controls and changes of direction through; this does not. */
export function toJson(value: unknown): string {
  return `${escapeUnseen(JSON.stringify(value, null, 2))}\n`;
}
